/** Attribute by attribute: directory, identity, cloud; who won, and with one click who lost. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { AttributeExplanation, Candidate } from '../../api/explanation-types.ts';
import { explainAttributeQuery, lineageQuery } from '../../api/queries.ts';
import type { Description } from '../../api/types.ts';
import { ruleHref, useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Chip, valuesOf, valueText } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Switch, ToolbarSearch } from '../../ui/fields.tsx';
import { Told } from '../../ui/instants.tsx';
import { Badge, Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { count, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { carriedRows, type Entry, isPending, isTarget, otherRows, type Row } from './matrix.ts';
import { factText, Tree } from './why.tsx';

export function Attributes(props: { description: Description }) {
  const { description: d } = props;
  const [query, change] = useQueryState();
  const [text, setText] = useState('');
  const [isAll, setAll] = useState(d.mv === null);
  const [isWaiting, setWaiting] = useState(false);
  const lineage = useQuery(lineageQuery(d.reference));
  const rows = useMemo(() => {
    if (!lineage.data) return [];
    const all = [...carriedRows(d, lineage.data), ...(isAll ? otherRows(d, lineage.data) : [])];
    const wanted = text.trim().toLowerCase();
    const named = (r: Row) =>
      [r.name, ...[...r.sources, ...r.targets].flat().map((e) => e.name)].some((n) => n.toLowerCase().includes(wanted));
    return all.filter((r) => named(r) && (!isWaiting || isPending(r)));
  }, [d, lineage.data, isAll, isWaiting, text]);
  if (lineage.error) return <Failure error={lineage.error} onRetry={() => void lineage.refetch()} />;
  if (!lineage.data) return <Skeleton />;
  return (
    <div className="stack stack-16">
      <div className="toolbar">
        <ToolbarSearch label="Filter attributes" placeholder="Filter attributes" value={text} onText={setText} />
        <Switch label="Only what waits" isOn={isWaiting} onChange={setWaiting} />
        <Switch label="Also what no rule carries" isOn={isAll} onChange={setAll} />
      </div>
      {query.attribute && (
        <AttributeCard
          reference={d.reference}
          attribute={query.attribute}
          onClose={() => change({ attribute: undefined })}
        />
      )}
      <Card flush label="Attributes">
        {rows.length === 0 ? (
          <Empty title="No attribute like this">Nothing matches the filter above.</Empty>
        ) : (
          <Matrix
            description={d}
            rows={rows}
            selected={query.attribute}
            onSelect={(attribute) => change({ attribute })}
          />
        )}
      </Card>
    </div>
  );
}

function Matrix(props: {
  description: Description;
  rows: readonly Row[];
  selected: string | undefined;
  onSelect: (attribute: string) => void;
}) {
  const sources = props.description.objects.filter((o) => !isTarget(o));
  const targets = props.description.objects.filter(isTarget);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table scrolls by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Attributes at every station">
      <table className="table matrix">
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            {sources.map((o) => (
              <th key={o.id} scope="col">
                {o.connector}
              </th>
            ))}
            {props.description.mv && <th scope="col">Identity</th>}
            {targets.map((o) => (
              <th key={o.id} scope="col">
                {o.connector}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((r) => (
            <tr
              key={`${r.name} ${r.identity ? 'carried' : 'other'}`}
              className={props.selected === r.name ? 'is-selected' : undefined}
            >
              <th scope="row" className="matrix-name">
                {r.identity ? (
                  <button
                    type="button"
                    className="link-button mono"
                    title="Who won and who lost"
                    onClick={() => props.onSelect(r.name)}
                  >
                    {r.name}
                  </button>
                ) : (
                  <span className="mono soft">{r.name}</span>
                )}
              </th>
              {r.sources.map((cell, i) => (
                <Cell key={sources[i]?.id} label={sources[i]?.connector ?? ''} row={r} entries={cell} />
              ))}
              {props.description.mv && (
                <td data-label="Identity">
                  {r.identity && <Value entry={r.identity} />}
                  {r.rule && (
                    <Link
                      href={ruleHref(r.rule.id)}
                      className="matrix-rule"
                      title={`${r.rule.name}, ${r.rule.connector}`}
                    >
                      {r.rule.name}
                    </Link>
                  )}
                </td>
              )}
              {r.targets.map((cell, i) => (
                <Cell key={targets[i]?.id} label={targets[i]?.connector ?? ''} row={r} entries={cell} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell(props: { label: string; row: Row; entries: readonly Entry[] }) {
  return (
    <td data-label={props.label}>
      {props.entries.map((e) => (
        <div key={e.name} className="matrix-entry">
          {(e.name !== props.row.name || props.entries.length > 1) && (
            <span className="matrix-from mono">{e.name}</span>
          )}
          <Value entry={e} />
        </div>
      ))}
    </td>
  );
}

/** Values of one attribute shown before the rest is only counted. */
const shownValues = 6;

function Value(props: { entry: Entry }) {
  const { value, references, pending } = props.entry;
  const now = valuesOf(value).map(valueText);
  if (pending !== undefined) {
    const next = valuesOf(pending).map(valueText);
    return (
      <div className="chips">
        {now
          .filter((v) => !next.includes(v))
          .map((v) => (
            <Chip key={`-${v}`} kind="-" text={v} />
          ))}
        {next
          .filter((v) => !now.includes(v))
          .map((v) => (
            <Chip key={`+${v}`} kind="+" text={v} />
          ))}
      </div>
    );
  }
  return (
    <div className="matrix-value">
      {now.slice(0, shownValues).map((v) => (
        <span key={v} className="break">
          {v}
        </span>
      ))}
      {now.length > shownValues && <span className="soft">and {count(now.length - shownValues)} more</span>}
      {references !== undefined && <span className="soft">{plural(references, 'reference')}</span>}
    </div>
  );
}

function AttributeCard(props: { reference: string; attribute: string; onClose: () => void }) {
  const why = useQuery(explainAttributeQuery(props.reference, props.attribute));
  const e = why.data?.kind === 'attribute' ? why.data : undefined;
  return (
    <Card
      title={
        <>
          Why <code>{props.attribute}</code> is what it is
        </>
      }
      aside={
        <Button size="small" kind="quiet" onClick={props.onClose}>
          Close
        </Button>
      }
    >
      {why.error ? (
        <Failure error={why.error} onRetry={() => void why.refetch()} />
      ) : e ? (
        <AttributeWhy explanation={e} />
      ) : (
        <Skeleton />
      )}
    </Card>
  );
}

function AttributeWhy(props: { explanation: AttributeExplanation }) {
  const e = props.explanation;
  return (
    <div className="stack stack-16">
      <div className="stack stack-4">
        {e.summary.map((s) => (
          <p key={s} className="break">
            <Told text={s} />
          </p>
        ))}
      </div>
      {e.origins.map((o) => (
        <section key={`${o.where} ${o.attribute}`} className="stack" aria-label={o.where}>
          <div className="between">
            <h3>
              {o.where === 'metaverse' ? 'Identity' : o.where}: <code>{o.attribute}</code> ={' '}
              <code className="break">{factText(o.value)}</code>
            </h3>
            {o.since && (
              <span className="soft small">
                {o.since.how} <Time at={o.since.time} />
                {o.since.run !== null && (
                  <>
                    {' '}
                    by <Link href={`/runs/${o.since.run}`}>run {o.since.run}</Link>
                  </>
                )}
              </span>
            )}
          </div>
          <ul className="entries entries-flush">
            {o.winner && <CandidateRow candidate={o.winner} isWinner />}
            {o.losers.map((c) => (
              <CandidateRow key={`${c.rule} ${c.dn} ${c.flow}`} candidate={c} />
            ))}
          </ul>
        </section>
      ))}
      {e.cloud && (
        <section className="stack stack-4" aria-label="In the cloud">
          <h3>
            In the cloud: <code>{e.cloud.property}</code>
          </h3>
          <p className="break">
            Sent <code>{factText(e.cloud.sent)}</code>, calculated <code>{factText(e.cloud.calculated)}</code>
            {e.cloud.returned !== undefined && (
              <>
                , returned <code>{factText(e.cloud.returned)}</code>
              </>
            )}
            .
          </p>
          {e.cloud.notes.map((n) => (
            <p key={n} className="soft">
              {n}
            </p>
          ))}
        </section>
      )}
      {e.tree.length > 0 && <Tree nodes={e.tree} depth={0} />}
    </div>
  );
}

function CandidateRow(props: { candidate: Candidate; isWinner?: boolean }) {
  const c = props.candidate;
  return (
    <li className="entry">
      <div className="between">
        <span className="row row-wrap">
          <Badge tone={props.isWinner ? 'ok' : 'plain'}>{props.isWinner ? 'won' : c.outcome}</Badge>
          <Link href={ruleHref(c.rule)} className="strong">
            {c.rule}
          </Link>
          <span className="soft small">precedence {c.precedence}</span>
        </span>
        <span className="mono break">
          {c.references === undefined ? factText(c.value) : `${count(c.references)} references`}
        </span>
      </div>
      <p className="small">
        <code className="break">{c.flow}</code>
      </p>
      <p className="soft small break">
        {c.dn ? `from ${c.connector}, ${c.dn}` : 'from the identity'}
        {Object.entries(c.inputs).map(([n, v]) => `, ${n} = ${factText(v)}`)}
      </p>
      {c.error && <p className="field-error">{c.error}</p>}
    </li>
  );
}
