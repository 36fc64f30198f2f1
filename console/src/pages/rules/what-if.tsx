/** What a draft would change for everybody, before it is put into force: in the background, with progress and cancel. */
import { Link } from 'wouter';
import type { ForkResult, PlanSample } from '../../api/forecast-types.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/diff.tsx';
import { JobState, useJob } from '../../ui/job.tsx';
import { Badge, Card, Empty, Note } from '../../ui/parts.tsx';
import { Shape, type State } from '../../ui/shape.tsx';
import { count, duration, plural } from '../../ui/text.ts';
import { factText } from '../objects/why.tsx';

export function WhatIf(props: { draft: string; isReady: boolean }) {
  const job = useJob<ForkResult>('what-if', '/what-if', { draft: props.draft });
  return (
    <Card
      title="What if"
      aside={
        <Button
          size="small"
          needs="rule-editor"
          disabled={!props.isReady}
          busy={job.isBusy}
          title={props.isReady ? 'Computes everybody with this draft' : 'Save a draft without problems first'}
          onClick={job.start}
        >
          Evaluate impact on everybody
        </Button>
      }
    >
      {!job.isStarted && (
        <Empty title="Not evaluated yet">
          Who would enter or leave the cloud, which values would change for whom, and how many deletes: computed over
          every identity without touching anything.
        </Empty>
      )}
      <JobState job={job.job} title="Computing everybody with the draft" onCancel={job.cancel} />
      {job.answer && <Impact answer={job.answer} draft={props.draft} />}
    </Card>
  );
}

function verdictOf(a: ForkResult): { state: State; sentence: string } {
  const sum = (groups: readonly { readonly count: number }[]) => groups.reduce((n, g) => n + g.count, 0);
  const deletes = sum(a.deletes);
  const parts = [
    sum(a.entering) > 0 ? `${count(sum(a.entering))} would enter` : '',
    sum(a.leaving) > 0 ? `${count(sum(a.leaving))} would leave` : '',
    deletes > 0 ? plural(deletes, 'delete') : '',
    sum(a.errors) > 0 ? plural(sum(a.errors), 'error') : '',
  ].filter((t) => t !== '');
  if (a.changedIdentities === 0)
    return {
      state: 'ok',
      sentence: `Nothing would change for any of ${plural(a.identities, 'identity', 'identities')}.`,
    };
  const rest = parts.length > 0 ? `: ${parts.join(', ')}` : '';
  return {
    state: deletes + sum(a.errors) > 0 ? 'warning' : 'waiting',
    sentence: `${count(a.changedIdentities)} of ${plural(a.identities, 'identity', 'identities')} would change${rest}.`,
  };
}

function Impact(props: { answer: ForkResult; draft: string }) {
  const a = props.answer;
  const verdict = verdictOf(a);
  return (
    <div className="stack stack-16">
      <p className="verdict">
        <Shape state={verdict.state} size={14} />
        <span>{verdict.sentence}</span>
      </p>
      {a.deletes
        .filter((d) => d.isOverThreshold)
        .map((d) => (
          <Note key={d.connector} state="error">
            {plural(d.count, 'delete')} in {d.connector} are more than the {count(d.threshold)} allowed: they would be
            held back for an approval.
          </Note>
        ))}
      <Groups title="Would enter" groups={a.entering} sign="+" draft={props.draft} />
      <Groups title="Would leave" groups={a.leaving} sign="-" draft={props.draft} />
      {a.values.length > 0 && (
        <section aria-label="Values">
          <h3>Values that would change</h3>
          <ul className="entries entries-flush">
            {a.values.map((v) => (
              <li key={`${v.where} ${v.objectType} ${v.attribute} ${v.change} ${v.rule}`} className="entry">
                <div className="between">
                  <span className="break">
                    <code>{v.attribute}</code>{' '}
                    <span className="soft">{v.where === 'metaverse' ? 'of the identity' : v.where}</span>{' '}
                    <Badge>{v.change}</Badge> <span className="soft small">by {v.rule}</span>
                  </span>
                  <span className="strong">{count(v.count)}</span>
                </div>
                <Samples samples={v.samples} draft={props.draft} />
              </li>
            ))}
          </ul>
        </section>
      )}
      {a.errors.map((e) => (
        <Note key={`${e.code} ${e.rule} ${e.attribute}`} state="error">
          {plural(e.count, 'object')}: {e.message}{' '}
          <span className="soft">
            ({e.rule}, {e.attribute})
          </span>
        </Note>
      ))}
      {a.joins.map((j) => (
        <p key={`${j.what} ${j.connector} ${j.rule}`}>
          {plural(j.count, 'join')} {j.what.replaceAll('-', ' ')} in {j.connector}{' '}
          <span className="soft">by {j.rule}</span>
        </p>
      ))}
      {a.references.map((r) => (
        <p key={`${r.connector} ${r.attribute} ${r.change}`}>
          {plural(r.count, 'reference')} of <code>{r.attribute}</code> {r.change} in {r.connector}
        </p>
      ))}
      <details className="evidence">
        <summary>Computed in {duration(a.seconds * 1000)}; what is not exact</summary>
        <ul>
          {a.approximations.map((t) => (
            <li key={t}>{t}</li>
          ))}
        </ul>
      </details>
    </div>
  );
}

function Groups(props: { title: string; groups: ForkResult['entering']; sign: '+' | '-'; draft: string }) {
  if (props.groups.length === 0) return null;
  return (
    <section aria-label={props.title}>
      <h3>{props.title}</h3>
      <ul className="entries entries-flush">
        {props.groups.map((g) => (
          <li key={`${g.connector} ${g.objectType} ${g.cause.rule} ${g.cause.decidedBy}`} className="entry">
            <div className="between">
              <span className="break">
                <Chip kind={props.sign} text={g.objectType} /> {g.connector}
                <span className="soft small">
                  {g.cause.rule && ` because of ${g.cause.rule}`}
                  {g.cause.decidedBy && ` (${g.cause.decidedBy})`}
                </span>
              </span>
              <span className="strong">{count(g.count)}</span>
            </div>
            <Samples samples={g.samples} draft={props.draft} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Samples shown of a group. */
const shown = 3;

function Samples(props: { samples: readonly PlanSample[]; draft: string }) {
  return (
    <>
      {props.samples.slice(0, shown).map((s) => (
        <div key={s.cs} className="diff-row">
          <dt>
            <Link href={`/objects/cs:${s.cs}?tab=preview&draft=${encodeURIComponent(props.draft)}`}>{s.name}</Link>
          </dt>
          <dd>
            {s.before !== undefined && s.before !== null && <Chip kind="-" text={factText(s.before)} />}
            {s.after !== undefined && s.after !== null && <Chip kind="+" text={factText(s.after)} />}
          </dd>
        </div>
      ))}
    </>
  );
}
