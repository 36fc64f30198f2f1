/** Attribute by attribute: directory, identity, cloud; who won, and with one click who lost. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { explainAttributeQuery } from '../../api/queries.ts';
import type { AttributeExplanation, AttributeValue, Candidate, CsObject, Description } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Chip, valuesOf, valueText } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Switch } from '../../ui/fields.tsx';
import { Badge, Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { count } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { factText, Tree } from './why.tsx';

interface Cell {
  readonly value: AttributeValue | undefined;
  readonly references?: number;
  readonly pending?: AttributeValue | null;
  readonly note?: string;
}
interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

export function Attributes(props: { description: Description }) {
  const { description: d } = props;
  const [query, change] = useQueryState();
  const [text, setText] = useState('');
  const [isDifferent, setDifferent] = useState(false);
  const sources = d.objects.filter((o) => o.connectorType !== 'entra');
  const targets = d.objects.filter((o) => o.connectorType === 'entra');
  const rows = rowsOf(d, sources, targets)
    .filter((r) => r.name.toLowerCase().includes(text.trim().toLowerCase()))
    .filter((r) => !isDifferent || isUneven(r));
  return (
    <div className="stack stack-16">
      <div className="toolbar">
        <input
          className="input toolbar-search"
          type="search"
          aria-label="Filter attributes"
          placeholder="Filter attributes"
          value={text}
          onChange={(e) => setText(e.target.value)}
        />
        <Switch label="Only what differs or waits" isOn={isDifferent} onChange={setDifferent} />
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
                  {d.mv && <th scope="col">Identity</th>}
                  {targets.map((o) => (
                    <th key={o.id} scope="col">
                      {o.connector}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((r) => (
                  <tr key={r.name} className={query.attribute === r.name ? 'is-selected' : undefined}>
                    <th scope="row" className="matrix-name">
                      <button type="button" className="link-button mono" onClick={() => change({ attribute: r.name })}>
                        {r.name}
                      </button>
                    </th>
                    {r.cells.map((c, i) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
                      <td key={i}>
                        <CellValue cell={c} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )}
      </Card>
    </div>
  );
}

function rowsOf(d: Description, sources: readonly CsObject[], targets: readonly CsObject[]): Row[] {
  const names = new Set<string>();
  for (const o of d.objects) {
    for (const name of [
      ...Object.keys(o.attributes),
      ...Object.keys(o.references),
      ...Object.keys(o.pendingExport?.attributes ?? {}),
    ])
      names.add(name);
  }
  for (const name of [...Object.keys(d.mv?.attributes ?? {}), ...Object.keys(d.mv?.references ?? {})]) names.add(name);
  const ofCs = (o: CsObject, name: string): Cell => {
    const pending = o.pendingExport?.attributes[name];
    const references = o.references[name]?.count;
    return {
      value: o.attributes[name],
      ...(references === undefined ? {} : { references }),
      ...(pending === undefined ? {} : { pending }),
    };
  };
  return [...names]
    .sort((a, b) => a.localeCompare(b))
    .map((name) => {
      const mv = d.mv?.attributes[name];
      const edges = d.mv?.references[name];
      const identity: Cell = {
        value: mv?.value,
        ...(edges ? { references: edges.count } : {}),
        ...(mv || edges ? { note: (mv ?? edges)?.rule ?? '' } : {}),
      };
      return {
        name,
        cells: [
          ...sources.map((o) => ofCs(o, name)),
          ...(d.mv ? [identity] : []),
          ...targets.map((o) => ofCs(o, name)),
        ],
      };
    });
}

/** Whether the stations do not all say the same, or something waits. */
function isUneven(row: Row): boolean {
  if (row.cells.some((c) => c.pending !== undefined)) return true;
  const shown = row.cells.filter((c) => c.value !== undefined).map((c) => JSON.stringify(c.value));
  return new Set(shown).size > 1;
}

function CellValue(props: { cell: Cell }) {
  const { value, references, pending, note } = props.cell;
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
    <div className="matrix-value" title={note ? `Given by ${note}` : undefined}>
      {now.slice(0, 6).map((v) => (
        <span key={v} className="break">
          {v}
        </span>
      ))}
      {now.length > 6 && <span className="soft">and {count(now.length - 6)} more</span>}
      {references !== undefined && <span className="soft">{count(references)} references</span>}
      {note && <span className="soft small break">{note}</span>}
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
            {s}
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
          <Link href={`/rules/${encodeURIComponent(c.rule)}`} className="strong">
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
        from {c.connector}: {c.dn}
        {Object.entries(c.inputs).map(([n, v]) => ` · ${n} = ${factText(v)}`)}
      </p>
      {c.error && <p className="field-error">{c.error}</p>}
    </li>
  );
}
