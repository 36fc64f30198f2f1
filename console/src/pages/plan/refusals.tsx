/** Why everything waits and what the cloud will answer, before it is asked: on demand, because it reads the whole tenant. */
import { Link } from 'wouter';
import type { Forecast, PlanCause } from '../../api/forecast-types.ts';
import { Button } from '../../ui/button.tsx';
import { JobState, useJob } from '../../ui/job.tsx';
import { Badge, Card, Note } from '../../ui/parts.tsx';
import { Shape, StateText } from '../../ui/shape.tsx';
import { count, duration, plural, words } from '../../ui/text.ts';
import { PlannedFindings } from './planned-findings.tsx';

export function Refusals(props: { connector: string; total: number }) {
  const job = useJob<Forecast>('forecast', '/forecast', undefined);
  const told = job.answer?.connectors.find((c) => c.connector === props.connector);
  if (props.total === 0) return null;
  return (
    <Card
      title="Causes and predicted answers"
      aside={
        <Button size="small" needs="operator" busy={job.isBusy} onClick={job.start}>
          {job.answer ? 'Predict again' : 'Predict what the cloud will answer'}
        </Button>
      }
    >
      <div className="stack stack-16">
        {!job.isStarted && (
          <p className="soft small">
            Groups what waits by its cause, marks changes of rights, and says which exports the cloud will refuse and
            why. It reads the tenant and changes nothing.
          </p>
        )}
        <JobState job={job.job} title="Predicting the next export" onCancel={job.cancel} />
        {job.answer && told && (
          <>
            <PlannedFindings findings={job.answer.findings ?? []} onApplied={job.start} />
            <Told forecast={job.answer} connector={told} />
          </>
        )}
        {job.answer && !told && <StateText state="ok">Nothing waits for {props.connector}.</StateText>}
      </div>
    </Card>
  );
}

function Told(props: { forecast: Forecast; connector: Forecast['connectors'][number] }) {
  const { connector: c, forecast } = props;
  const refusals = c.prediction?.refusals ?? [];
  const withheld = c.prediction?.withheld ?? [];
  const privilege = forecast.privilege.filter((p) => p.connector === c.connector);
  return (
    <>
      {privilege.map((p) => (
        <Note key={`${p.what} ${p.dn} ${p.detail}`} state="error">
          <span className="strong">{p.name}</span> {p.what.replaceAll('-', ' ')}: {p.roles.join(', ')}. {p.detail}
        </Note>
      ))}
      <p className="verdict">
        <Shape state={refusals.length > 0 ? 'error' : 'ok'} size={14} />
        <span>
          {refusals.length === 0
            ? 'The cloud will take everything'
            : `The cloud will refuse ${plural(refusals.length, 'object')}`}
          {withheld.length > 0 && ` and set values of ${count(withheld.length)} aside`}; it takes about{' '}
          {duration(Math.max(1, c.estimate.seconds) * 1000)}.
        </span>
      </p>
      <ul className="entries entries-flush">
        {[...refusals, ...withheld].slice(0, 50).map((r) => (
          <li key={`${r.cs} ${r.code} ${r.attribute}`} className="entry">
            <div className="between">
              <StateText state={refusals.includes(r) ? 'error' : 'warning'}>
                <Link href={`/objects/cs:${r.cs}`} className="strong">
                  {r.name}
                </Link>
              </StateText>
              <Badge>{r.code}</Badge>
            </div>
            <p className="soft small break">
              {r.attribute && <span className="mono">{r.attribute} </span>}
              {r.detail}
              {r.holder?.name && ` Held by ${r.holder.name}.`}
            </p>
          </li>
        ))}
      </ul>
      <h3>Causes</h3>
      <ul className="entries entries-flush">
        {c.groups.slice(0, 30).map((g) => (
          <li key={JSON.stringify([g.operation, g.objectType, g.cause])} className="entry between">
            <span className="break">
              <Badge>{g.operation.replace('-', ' ')}</Badge> {g.objectType}: {causeText(g.cause)}
            </span>
            <span className="strong">{count(g.count)}</span>
          </li>
        ))}
      </ul>
      {forecast.notes.map((n) => (
        <p key={n} className="soft small">
          {n}
        </p>
      ))}
    </>
  );
}

function causeText(cause: PlanCause): string {
  const parts = [
    words(cause.kind),
    cause.attribute === undefined ? '' : `${cause.attribute}${cause.change ? ` ${cause.change}` : ''}`,
    cause.rule === undefined ? '' : `by ${cause.rule}`,
    cause.decidedBy === undefined ? '' : `(${cause.decidedBy})`,
  ];
  return parts.filter((p) => p !== '').join(' ');
}
