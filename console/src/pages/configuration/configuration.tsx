/** What the configuration is and was: versions, what differs between two in its meaning, and the report. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { get, send } from '../../api/client.ts';
import type { ConfigurationDiff, ConfigurationVersion } from '../../api/generated.ts';
import { useList } from '../../api/queries.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice, Field } from '../../ui/fields.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty, PageHead, Skeleton } from '../../ui/parts.tsx';
import { plural, shorten } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';
import { RuleChanges } from '../rules/rule-changes.tsx';
import { SettingChanges } from './setting-changes.tsx';

export function Configuration() {
  const [query, change] = useQueryState();
  const list = useList<ConfigurationVersion>(['configuration', 'versions'], '/configuration/versions');
  const [restoring, setRestoring] = useState<ConfigurationVersion | undefined>();
  const versions = list.rows;
  const newest = versions[0];
  const from = query.from ?? (versions[1] ? String(versions[1].version) : undefined);
  const to = query.to ?? 'current';
  const columns: readonly Column<ConfigurationVersion>[] = [
    { key: 'version', title: 'Version', width: '72px', isNumber: true, cell: (v) => v.version },
    { key: 'time', title: 'When', width: '110px', cell: (v) => <Time at={v.time} /> },
    { key: 'who', title: 'Who', width: 'minmax(120px, 1fr)', cell: (v) => v.who },
    {
      key: 'reason',
      title: 'Why',
      width: 'minmax(160px, 2fr)',
      cell: (v) => v.reason || <span className="faint">no reason given</span>,
    },
    {
      key: 'hash',
      title: 'Hash',
      width: '120px',
      isWideOnly: true,
      cell: (v) => <span className="mono soft">{shorten(v.hash, 12)}</span>,
    },
    {
      key: 'actions',
      title: 'Actions',
      width: '190px',
      cell: (v) => (
        <span className="row row-end">
          <Button size="small" onClick={() => change({ from: String(v.version), to: undefined })}>
            Compare
          </Button>
          <Button size="small" kind="quiet" needs="approver" disabled={v === newest} onClick={() => setRestoring(v)}>
            Roll back
          </Button>
        </span>
      ),
    },
  ];
  return (
    <div className="page">
      <PageHead
        title="Configuration"
        verdict={
          newest ? (
            <>
              Version {newest.version} is in force since <Time at={newest.time} />.
            </>
          ) : (
            'No version is kept yet.'
          )
        }
      >
        <ReportButton />
      </PageHead>
      {from && (
        <Card
          title="What differs"
          aside={
            <>
              <VersionChoice label="From" versions={versions} value={from} onChange={(v) => change({ from: v })} />
              <span>to</span>
              <VersionChoice label="To" versions={versions} value={to} onChange={(v) => change({ to: v })} />
            </>
          }
        >
          <Differences from={from} to={to} />
        </Card>
      )}
      <Card flush title="Versions" className="card-tall">
        <ListGrid
          label="Versions"
          columns={columns}
          list={list}
          keyOf={(v) => String(v.version)}
          selectedKey={from}
          empty={
            <Empty title="No version yet">
              Every change of settings or rules, from the console, the command line or the files, is kept here as a
              version.
            </Empty>
          }
        />
      </Card>
      {restoring && <RestoreDialog version={restoring} onClose={() => setRestoring(undefined)} />}
    </div>
  );
}

function VersionChoice(props: {
  label: string;
  versions: readonly ConfigurationVersion[];
  value: string;
  onChange: (v: string | undefined) => void;
}) {
  return (
    <Choice
      label={props.label}
      value={props.value}
      options={[
        ['current', 'in force now'] as const,
        ...props.versions.map((v) => [String(v.version), `version ${v.version}`] as const),
      ]}
      onChange={props.onChange}
    />
  );
}

function Differences(props: { from: string; to: string }) {
  const diff = useQuery({
    queryKey: ['configuration', 'diff', props.from, props.to],
    queryFn: ({ signal }) => get<ConfigurationDiff>('/configuration/diff', { from: props.from, to: props.to }, signal),
  });
  if (diff.error) return <Failure error={diff.error} onRetry={() => void diff.refetch()} />;
  if (!diff.data) return <Skeleton />;
  const { settings, rules } = diff.data;
  if (settings.length + rules.length === 0) return <p className="soft">Both mean the same.</p>;
  return (
    <div className="stack stack-16">
      <p className="strong">
        {plural(settings.length, 'setting')} and {plural(rules.length, 'rule')} differ.
      </p>
      {settings.length > 0 && <SettingChanges changes={settings} />}
      {rules.length > 0 && <RuleChanges changes={rules} emptyText="" />}
    </div>
  );
}

function ReportButton() {
  const report = useMutation({
    mutationFn: () => get<string>('/configuration/report'),
    onSuccess: (text) => copyText(text, 'the report as Markdown'),
  });
  return (
    <Button
      busy={report.isPending}
      onClick={() => report.mutate()}
      title="Every setting, connector and rule as one document"
    >
      Copy the report
    </Button>
  );
}

function RestoreDialog(props: { version: ConfigurationVersion; onClose: () => void }) {
  const { version } = props.version;
  const [reason, setReason] = useState(`Back to version ${version}`);
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: () => send<{ version: number }>('POST', `/configuration/versions/${version}/restore`, { reason }),
    onSuccess: (done) => {
      announce(`The rule files of version ${version} are in force again, as version ${done.version}.`);
      void client.invalidateQueries();
      props.onClose();
    },
  });
  return (
    <Dialog
      title={`Roll back to version ${version}`}
      isWide
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" needs="approver" busy={restore.isPending} onClick={() => restore.mutate()}>
            Bring back the rules of version {version}
          </Button>
        </>
      }
    >
      <div className="stack stack-16">
        <p>This changes back the rule files. Settings stay as they are: they are in causeway.yaml.</p>
        <Differences from="current" to={String(version)} />
        <Field label="Reason" error={restore.error?.message}>
          {(ids) => <input {...ids} className="input" value={reason} onChange={(e) => setReason(e.target.value)} />}
        </Field>
      </div>
    </Dialog>
  );
}
