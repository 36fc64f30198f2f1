/** One run: where its time went, its counters, and the objects behind every counter with before and after. */
import { useQuery } from '@tanstack/react-query';
import { Link, Redirect, useParams } from 'wouter';
import { get } from '../../api/client.ts';
import type { Counter, RunDetail } from '../../api/generated.ts';
import { useList } from '../../api/queries.ts';
import type { AttributeValue, RunObject } from '../../api/types.ts';
import { objectHref, useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.tsx';
import { Diff } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Facts, Note, PageHead, Skeleton } from '../../ui/parts.tsx';
import { count, duration, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { profileTitle, stateOf } from './run-text.ts';
import { Timeline } from './timeline.tsx';

const groups: readonly (readonly [Counter['group'], string])[] = [
  ['staging', 'Staging'],
  ['inbound', 'Inbound'],
  ['outbound', 'Outbound'],
  ['export', 'Export'],
  ['confirm', 'Confirmation'],
];

export function RunPage() {
  const params = useParams<{ id: string; step?: string }>();
  const [query, change] = useQueryState();
  const run = useQuery({
    queryKey: ['run', params.id],
    queryFn: ({ signal }) => get<RunDetail>(`/runs/${encodeURIComponent(params.id)}`, {}, signal),
    refetchInterval: (q) => (q.state.data?.severity === 'running' ? 1500 : false),
  });
  if (run.error)
    return (
      <div className="page">
        <Failure error={run.error} onRetry={() => void run.refetch()} />
      </div>
    );
  const r = run.data;
  if (!r)
    return (
      <div className="page">
        <Skeleton />
      </div>
    );
  // A step of the classic history is a run of the same cycle here.
  const step = params.step === undefined ? undefined : r.cycleRuns[Number(params.step) - 1];
  if (step && step.id !== r.id) return <Redirect to={`/runs/${step.id}`} />;
  const counter = r.table.find((c) => c.name === query.counter);
  return (
    <div className="page">
      <PageHead
        title={`Run ${r.id}`}
        trail={[{ label: 'Runs', href: '/runs' }]}
        state={stateOf(r.severity)}
        verdict={`${profileTitle(r.profile)} of ${r.connector ?? 'all connectors'}: ${r.title.charAt(0).toLowerCase()}${r.title.slice(1)}`}
      >
        <Button onClick={() => void copyText(JSON.stringify(r, null, 2), 'the run as JSON')}>Copy as JSON</Button>
      </PageHead>
      {r.error && (
        <Note state="error">
          <p className="strong">{r.error.message}</p>
          <p>{r.error.remedy}</p>
          <p className="soft small mono">{r.error.code}</p>
        </Note>
      )}
      <div className="columns">
        <Card title={r.cycle === null ? 'This run' : 'Its cycle'} flush>
          <Timeline runs={r.cycleRuns} current={r.id} />
        </Card>
        <Card title="Facts">
          <Facts
            rows={[
              [
                'Result',
                <span key="s" className="mono">
                  {r.status}
                </span>,
              ],
              ['Started', <Time key="t" at={r.started} />],
              ['Took', r.durationMs === null ? 'still running' : duration(r.durationMs)],
              r.previous
                ? [
                    'Run before',
                    <Link key="p" href={`/runs/${r.previous.id}`}>
                      {r.previous.title}
                      {r.previous.durationMs !== null && `, ${duration(r.previous.durationMs)}`}
                    </Link>,
                  ]
                : undefined,
              r.server
                ? [
                    'Server',
                    <span key="v" className="mono">
                      {r.server}
                    </span>,
                  ]
                : undefined,
            ]}
          />
        </Card>
      </div>
      <Card title="Counters" aside="compared with the run of this kind before">
        <Counters run={r} selected={counter?.name} onSelect={(name) => change({ counter: name })} />
      </Card>
      {counter && <Objects run={r.id} counter={counter} onClose={() => change({ counter: undefined })} />}
    </div>
  );
}

function Counters(props: { run: RunDetail; selected: string | undefined; onSelect: (name: string) => void }) {
  const { table, previous } = props.run;
  if (table.every((c) => c.count === 0))
    return <Empty title="Nothing was counted">The run read or wrote nothing: there was nothing to do.</Empty>;
  return (
    <div className="counters">
      {groups.map(([group, title]) => {
        const rows = table.filter((c) => c.group === group && c.count > 0);
        if (rows.length === 0) return null;
        return (
          <section key={group} className="counter-group" aria-label={title}>
            <h3>{title}</h3>
            <ul>
              {rows.map((c) => {
                const before = previous?.counters[c.name] ?? 0;
                const difference = previous ? c.count - before : 0;
                return (
                  <li key={c.name} className="counter-row" data-selected={props.selected === c.name || undefined}>
                    <span className="grow">{c.title}</span>
                    {difference !== 0 && (
                      <span className="small faint" title={`${count(before)} in the run before`}>
                        {difference > 0 ? '+' : '−'}
                        {count(Math.abs(difference))}
                      </span>
                    )}
                    {c.listed > 0 ? (
                      <button
                        type="button"
                        className="counter-number is-link"
                        aria-pressed={props.selected === c.name}
                        title={`Show the objects behind ${c.name}`}
                        onClick={() => props.onSelect(c.name)}
                      >
                        {count(c.count)}
                      </button>
                    ) : (
                      <span className="counter-number" title="No list is kept of objects that nothing happened to">
                        {count(c.count)}
                      </span>
                    )}
                  </li>
                );
              })}
            </ul>
          </section>
        );
      })}
    </div>
  );
}

function Objects(props: { run: number; counter: Counter; onClose: () => void }) {
  const { counter } = props;
  const list = useList<RunObject>(['run', props.run, 'objects'], `/runs/${props.run}/objects`, {
    counter: counter.name,
  });
  const total =
    counter.listed < counter.count
      ? `the first ${plural(counter.listed, 'object')} of ${count(counter.count)}`
      : plural(counter.count, 'object');
  return (
    <Card
      flush
      title={`${counter.title}: ${total}`}
      aside={
        <Button size="small" kind="quiet" onClick={props.onClose}>
          Close
        </Button>
      }
    >
      {list.error ? (
        <Failure error={list.error} onRetry={() => void list.refetch()} />
      ) : list.isLoading && list.rows.length === 0 ? (
        <Skeleton />
      ) : (
        <ul className="entries">
          {list.rows.map((o) => (
            <RunObjectRow key={o.id} object={o} />
          ))}
        </ul>
      )}
      {list.hasMore && (
        <div className="more">
          <Button onClick={list.onMore} busy={list.isLoading}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

function RunObjectRow(props: { object: RunObject }) {
  const o = props.object;
  const before: Record<string, AttributeValue | undefined> = {};
  const after: Record<string, AttributeValue | undefined> = {};
  for (const c of o.changes) {
    before[c.attribute] = c.before;
    after[c.attribute] = c.after;
  }
  const message = typeof o.detail.message === 'string' ? o.detail.message : undefined;
  const code = typeof o.detail.code === 'string' ? o.detail.code : undefined;
  return (
    <li className="entry">
      <div className="between">
        <Link href={objectHref(o.mv === null ? o.reference : `mv:${o.mv}`)} className="strong break">
          {o.name || o.dn || o.reference}
        </Link>
        <span className="row">
          {code && <Badge tone="error">{code}</Badge>}
          {o.type && <Badge>{o.type}</Badge>}
        </span>
      </div>
      <p className="soft small break">{o.dn}</p>
      {message && <p className="small">{message}</p>}
      {o.changes.length > 0 && <Diff before={before} after={after} />}
    </li>
  );
}
