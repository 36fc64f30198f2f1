/** Data quality before anything is exported: what IdFix looked for and more, with suggestions. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import type { Job, PrecheckSummary } from '../../api/generated.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Toggle } from '../../ui/fields.tsx';
import { Card, Empty, Note, PageHead } from '../../ui/parts.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { count, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { QualityRows } from './quality-rows.tsx';

const ruleSets = [
  ['multi-tenant', 'Multi-tenant'],
  ['dedicated', 'Dedicated'],
] as const;
type RuleSet = (typeof ruleSets)[number][0];

export function Quality() {
  const [query, change] = useQueryState();
  const client = useQueryClient();
  const ruleSet: RuleSet = query.rules === 'dedicated' ? 'dedicated' : 'multi-tenant';
  const jobs = useQuery({
    queryKey: ['job', 'list'],
    queryFn: ({ signal }) => get<readonly Job[]>('/jobs', {}, signal),
    refetchInterval: (q) => (q.state.data?.some((j) => j.state === 'running') ? 400 : false),
  });
  const last = jobs.data?.find((j) => j.name === 'precheck' && j.state !== 'cancelled');
  const shown = query.job ? Number(query.job) : last?.state === 'done' ? last.id : undefined;
  const summary = useQuery({
    queryKey: ['precheck', shown],
    queryFn: ({ signal }) => get<PrecheckSummary>(`/precheck/${shown}`, {}, signal),
    enabled: shown !== undefined && last?.state !== 'running',
    staleTime: Number.POSITIVE_INFINITY,
  });
  const start = useMutation({
    mutationFn: () => send<Job>('POST', '/precheck', { rules: ruleSet }),
    onSuccess: () => {
      change({ job: undefined });
      void client.invalidateQueries({ queryKey: ['job'] });
    },
    onError: tellRefusal,
  });
  const cancel = () =>
    void send('DELETE', `/jobs/${last?.id}`).then(() => client.invalidateQueries({ queryKey: ['job'] }), tellRefusal);
  const s = summary.data;
  return (
    <div className="page page-fill">
      <PageHead
        title="Data quality"
        state={s ? (s.rows === 0 ? 'ok' : 'warning') : 'none'}
        verdict={
          s
            ? s.rows === 0
              ? `All ${count(s.objects)} objects are fit for the cloud.`
              : `${plural(s.rows, 'value')} of ${plural(s.objects, 'object')} should be mended before the cloud refuses or changes them.`
            : 'What the cloud would refuse, drop or confuse, before it is asked.'
        }
      >
        <Toggle
          label="Rule set"
          value={ruleSet}
          options={ruleSets}
          onChange={(rules) => change({ rules: rules === 'dedicated' ? rules : undefined })}
        />
        <Button
          kind="primary"
          needs="operator"
          busy={start.isPending}
          disabled={last?.state === 'running'}
          onClick={() => start.mutate()}
        >
          {s ? 'Check again' : 'Check everything'}
        </Button>
      </PageHead>
      {last?.state === 'running' && (
        <Card>
          <ProgressBar
            work={{ title: 'Checking every value', done: last.progress?.done ?? 0, total: last.progress?.total }}
            onCancel={cancel}
          />
        </Card>
      )}
      {last?.state === 'failed' && <Note state="error">{last.error?.message}</Note>}
      {summary.error && <Failure error={summary.error} onRetry={() => void summary.refetch()} />}
      {s && shown !== undefined ? (
        <>
          {s.limits.map((l) => (
            <Note key={l} state="warning">
              {l}
            </Note>
          ))}
          <QualityRows job={shown} summary={s} />
          {last?.endedAt !== undefined && (
            <p className="soft small">
              Looked at <Time at={last.endedAt} />; {count(s.valuesCompared)} values compared
              {s.excluded.length > 0 &&
                `; left alone: ${s.excluded.map((e) => `${count(e.count)} ${e.name}`).join(', ')}`}
              .
            </p>
          )}
        </>
      ) : (
        last?.state !== 'running' && (
          <Card>
            <Empty title="Nothing was checked yet">
              Lengths, characters, formats, duplicates across all forests and against the tenant, unverified domains,
              invisible and look-alike characters: each value with a suggestion and how sure it is. Checking changes
              nothing.
            </Empty>
          </Card>
        )
      )}
    </div>
  );
}
