/** Findings grouped by root cause. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { findingsQuery } from '../../api/queries.ts';
import type { Finding } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice } from '../../ui/fields.tsx';
import { type Column, Grid } from '../../ui/grid.tsx';
import { Badge, Card, Empty } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { leafOf, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { severityState } from './finding.tsx';

const columns: readonly Column<Finding>[] = [
  {
    key: 'title',
    title: 'Cause',
    width: 'minmax(260px, 1.5fr)',
    cell: (f) => (
      <StateText state={severityState(f.severity)} title={f.summary}>
        <span className="strong">{f.title}</span>
      </StateText>
    ),
  },
  {
    key: 'who',
    title: 'Concerns',
    width: 'minmax(150px, 1fr)',
    cell: (f) => <Concerned finding={f} />,
  },
  {
    key: 'value',
    title: 'Attribute and value',
    width: 'minmax(200px, 1.5fr)',
    cell: (f) =>
      f.attribute || f.value ? (
        <span title={f.value}>
          {f.attribute && <span className="soft">{f.attribute} </span>}
          <span className="mono">{f.value}</span>
        </span>
      ) : (
        <span className="faint">–</span>
      ),
  },
  {
    key: 'fix',
    title: 'Fix',
    width: '116px',
    cell: (f) =>
      f.fix.some((x) => x.applicable) ? (
        <Badge tone="accent">can be applied</Badge>
      ) : (
        <span className="soft">{f.fix.length > 0 ? 'by hand' : '–'}</span>
      ),
  },
  {
    key: 'predicted',
    title: 'Seen',
    width: '84px',
    cell: (f) =>
      f.predicted ? <Badge title="The next export would be refused">predicted</Badge> : <Time at={f.firstSeen} />,
  },
];

/** Whom a cause is about: the first by name, the others in number. */
function Concerned(props: { finding: Finding }) {
  const { objects, affected } = props.finding;
  const first = objects.find((o) => o.role === 'incoming') ?? objects.find((o) => o.role !== 'rule');
  const name =
    first?.displayName ?? first?.userPrincipalName ?? (first?.dn ? leafOf(first.dn) : first?.name) ?? first?.connector;
  const others = affected - 1;
  if (!name) return affected > 0 ? <span>{plural(affected, 'object')}</span> : <span className="faint">–</span>;
  return (
    <span title={name}>
      {name}
      {others > 0 && <span className="soft"> and {plural(others, 'other')}</span>}
    </span>
  );
}

export function Causes() {
  const [query, change] = useQueryState();
  const findings = useQuery(findingsQuery);
  const all = findings.data?.findings ?? [];
  const rows = useMemo(
    () =>
      all.filter((f) => (!query.severity || f.severity === query.severity) && (!query.case || f.code === query.case)),
    [all, query.severity, query.case],
  );
  if (findings.error) return <Failure error={findings.error} onRetry={() => void findings.refetch()} />;
  return (
    <>
      <div className="toolbar toolbar-spaced">
        <Choice
          label="Severity"
          value={query.severity}
          any="Every severity"
          options={[
            ['error', 'Errors'],
            ['warning', 'Warnings'],
            ['info', 'Notes'],
          ]}
          onChange={(severity) => change({ severity })}
        />
        <Choice
          label="Case"
          value={query.case}
          any="Every case"
          options={[...new Map(all.map((f) => [f.code, f.title])).entries()]}
          onChange={(value) => change({ case: value })}
        />
        <span className="grow" />
        <ExportMenu
          sheet={() => ({
            columns: ['id', 'severity', 'code', 'title', 'attribute', 'value', 'objects', 'first seen', 'summary'],
            rows: rows.map((f) => [
              f.id,
              f.severity,
              f.code,
              f.title,
              f.attribute,
              f.value,
              f.affected,
              f.firstSeen,
              f.summary,
            ]),
          })}
          json={() => rows}
        />
      </div>
      <Card flush label="Causes">
        <Grid
          label="Causes"
          columns={columns}
          rows={rows}
          keyOf={(f) => f.id}
          hrefOf={(f) => `/issues/${f.id}`}
          isLoading={findings.isLoading}
          empty={
            all.length > 0 ? (
              <Empty title="No cause like this">All of them are left out by the filters above.</Empty>
            ) : (
              <Empty state="ok" title="Nothing is wrong">
                Conflicts, refusals, things out of scope that should not be, and whatever else keeps people from the
                cloud is listed here by its cause, with both sides and the way out.
              </Empty>
            )
          }
        />
      </Card>
    </>
  );
}
