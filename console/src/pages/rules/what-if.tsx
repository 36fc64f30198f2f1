/** What a draft would change for everybody, before it is put into force: in the background, with progress and cancel. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import type { Job, WhatIfAnswer } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Note } from '../../ui/parts.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { count, plural } from '../../ui/text.ts';
import { factText } from '../objects/why.tsx';

export function WhatIf(props: { draft: string; isReady: boolean }) {
  const client = useQueryClient();
  const [id, setId] = useState<number | undefined>();
  const start = useMutation({
    mutationFn: () => send<Job>('POST', '/what-if', { draft: props.draft }),
    onSuccess: (job) => setId(job.id),
    onError: tellRefusal,
  });
  const job = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => get<Job>(`/jobs/${id}`, {}, signal),
    enabled: id !== undefined,
    refetchInterval: (q) => (q.state.data?.state === 'running' ? 400 : false),
  });
  const cancel = () =>
    void send('DELETE', `/jobs/${id}`).then(() => client.invalidateQueries({ queryKey: ['job', id] }), tellRefusal);
  const j = job.data;
  const answer = j?.state === 'done' ? (j.answer as WhatIfAnswer) : undefined;
  return (
    <Card
      title="What if"
      aside={
        <Button
          size="small"
          needs="operator"
          disabled={!props.isReady || j?.state === 'running'}
          busy={start.isPending}
          title={props.isReady ? 'Computes everybody with this draft' : 'Save a draft without problems first'}
          onClick={() => start.mutate()}
        >
          Evaluate impact on everybody
        </Button>
      }
    >
      {job.error && <Failure error={job.error} />}
      {!j && !job.error && (
        <Empty title="Not evaluated yet">
          Who would enter or leave the cloud, which values would change for whom, and how many deletes: computed over
          every identity on a copy, without touching anything.
        </Empty>
      )}
      {j?.state === 'running' && (
        <ProgressBar
          work={{ title: 'Computing everybody with the draft', done: j.progress?.done ?? 0, total: j.progress?.total }}
          onCancel={cancel}
        />
      )}
      {j?.state === 'cancelled' && <Note state="none">Called off. Nothing was changed.</Note>}
      {j?.state === 'failed' && <Note state="error">{j.error?.message}</Note>}
      {answer && <Impact answer={answer} />}
    </Card>
  );
}

function Impact(props: { answer: WhatIfAnswer }) {
  const a = props.answer;
  return (
    <div className="stack stack-16">
      <p className="verdict">{a.verdict}</p>
      {a.isOverThreshold && <Note state="error">So many deletes would be held back for an approval.</Note>}
      <div className="counters">
        <section className="counter-group" aria-label="Exports">
          <h3>Exports that would follow</h3>
          <ul>
            {a.exports.map((e) => (
              <li key={`${e.connector} ${e.operation}`} className="counter-row">
                <span className="grow">
                  {e.operation} <span className="soft">{e.connector}</span>
                </span>
                <span className="counter-number">{count(e.count)}</span>
              </li>
            ))}
            {a.exports.length === 0 && <li className="counter-row soft">none</li>}
          </ul>
        </section>
        <section className="counter-group" aria-label="Attributes">
          <h3>Attributes that would change</h3>
          <ul>
            {a.attributes.slice(0, 12).map((x) => (
              <li key={`${x.connector} ${x.attribute}`} className="counter-row">
                <span className="grow">
                  <span className="mono">{x.attribute}</span> <span className="soft">{x.connector}</span>
                </span>
                <span className="counter-number">{count(x.count)}</span>
              </li>
            ))}
            {a.attributes.length === 0 && <li className="counter-row soft">none</li>}
          </ul>
        </section>
      </div>
      {a.samples.length > 0 && (
        <section aria-label="Samples">
          <h3>{plural(a.samples.length, 'sample')}</h3>
          <ul className="entries entries-flush">
            {a.samples.map((s) => (
              <li key={`${s.reference} ${s.connector}`} className="entry">
                <div className="between">
                  <Link
                    href={`/objects/${encodeURIComponent(s.reference)}?tab=preview&draft=${encodeURIComponent(a.draft)}`}
                    className="strong"
                  >
                    {s.name}
                  </Link>
                  <span className="row">
                    <span className="soft small">{s.connector}</span>
                    <Badge tone={s.operation === 'delete' ? 'error' : s.operation === 'add' ? 'ok' : 'accent'}>
                      {s.operation}
                    </Badge>
                  </span>
                </div>
                {s.changes.slice(0, 4).map((c) => (
                  <div key={c.attribute} className="diff-row">
                    <dt>{c.attribute}</dt>
                    <dd>
                      {c.before !== undefined && <Chip kind="-" text={factText(c.before)} />}
                      {c.after !== undefined && <Chip kind="+" text={factText(c.after)} />}
                    </dd>
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
