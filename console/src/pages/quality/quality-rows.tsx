/** The grid of values that should be mended. */
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { PrecheckRow, PrecheckSummary } from '../../api/generated.ts';
import { useList } from '../../api/queries.ts';
import { objectHref, useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Chip } from '../../ui/diff.tsx';
import { Choice } from '../../ui/fields.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Marked } from '../../ui/marked.tsx';
import { Badge, Card, Empty, Facts } from '../../ui/parts.tsx';
import { Shape, type State } from '../../ui/shape.tsx';
import { count, leafOf } from '../../ui/text.ts';
import { DecisionTable } from './decision-table.tsx';
import { type Decisions, decisionOf, toggled } from './decisions.ts';

const states: Readonly<Record<PrecheckRow['severity'], State>> = { error: 'error', warning: 'warning', info: 'none' };
const tones = { high: 'ok', medium: 'accent', low: 'plain' } as const;
const facts: readonly Column<PrecheckRow>[] = [
  {
    key: 'object',
    title: 'Object',
    width: 'minmax(150px, 1.1fr)',
    cell: (r) => (
      <span className="state-text" title={r.dn}>
        <Shape state={states[r.severity]} />
        <span className="strong">{r.name || leafOf(r.dn)}</span>
      </span>
    ),
  },
  {
    key: 'attribute',
    title: 'Attribute',
    width: 'minmax(120px, 0.8fr)',
    cell: (r) => <span className="mono">{r.attribute}</span>,
  },
  { key: 'error', title: 'Error', width: 'minmax(100px, 0.7fr)', cell: (r) => r.checks.join(', ') },
  {
    key: 'value',
    title: 'Value',
    width: 'minmax(140px, 1.3fr)',
    cell: (r) => (
      <span className="mono" title={r.reason}>
        {r.value ? (
          <Marked text={r.value} other={r.action === 'EDIT' ? r.update : null} />
        ) : (
          <span className="faint">none</span>
        )}
      </span>
    ),
  },
  { key: 'update', title: 'Suggested', width: 'minmax(140px, 1.3fr)', cell: (r) => <Suggestion row={r} /> },
  {
    key: 'confidence',
    title: 'Sure',
    width: '84px',
    cell: (r) =>
      r.confidence ? <Badge tone={tones[r.confidence]}>{r.confidence}</Badge> : <span className="faint">decide</span>,
  },
];

/** The columns of facts, and what was decided. */
const columnsWith = (decisions: Decisions, onToggle: (row: PrecheckRow) => void): Column<PrecheckRow>[] => [
  {
    key: 'decision',
    title: 'Accept',
    width: '52px',
    cell: (r) =>
      r.action === null && !decisionOf(decisions, r) ? null : (
        <input
          type="checkbox"
          className="check"
          aria-label={`Accept for ${r.name || r.dn}: ${r.attribute}`}
          checked={decisionOf(decisions, r) !== undefined}
          onChange={() => onToggle(r)}
        />
      ),
  },
  ...facts,
];

function Suggestion(props: { row: PrecheckRow }) {
  const { action, update } = props.row;
  if (action === 'EDIT')
    return (
      <span className="mono">
        <Marked text={update ?? ''} other={props.row.value} />
      </span>
    );
  if (action === 'REMOVE') return <span className="soft">take it away</span>;
  if (action === 'COMPLETE') return <span className="soft">keep it</span>;
  return <span className="faint">–</span>;
}

export function QualityRows(props: { job: number; summary: PrecheckSummary }) {
  const [query, change] = useQueryState();
  const [open, setOpen] = useState<PrecheckRow | undefined>();
  const list = useList<PrecheckRow>(['precheck', props.job, 'rows'], `/precheck/${props.job}/rows`, {
    check: query.check,
    attribute: query.attribute,
    confidence: query.confidence,
  });
  const [decisions, setDecisions] = useState<Decisions>(new Map());
  const columns = useMemo(() => columnsWith(decisions, (row) => setDecisions(toggled(decisions, row))), [decisions]);
  const options = (counts: PrecheckSummary['checks']) =>
    counts.map((c) => [c.name, `${c.name} (${count(c.count)})`] as const);
  return (
    <>
      <div className="toolbar">
        <Choice
          label="Error"
          value={query.check}
          any="Every error"
          options={options(props.summary.checks)}
          onChange={(check) => change({ check })}
        />
        <Choice
          label="Attribute"
          value={query.attribute}
          any="Every attribute"
          options={options(props.summary.attributes)}
          onChange={(attribute) => change({ attribute })}
        />
        <Choice
          label="Confidence"
          value={query.confidence}
          any="However sure"
          options={[
            ['high', 'High confidence'],
            ['medium', 'Medium confidence'],
            ['low', 'Low confidence'],
            ['none', 'To be decided'],
          ]}
          onChange={(confidence) => change({ confidence })}
        />
        <span className="grow" />
        <DecisionTable job={props.job} decisions={decisions} onRead={setDecisions} />
      </div>
      {open && <RowDetail row={open} onClose={() => setOpen(undefined)} />}
      <Card flush label="Values to mend">
        <ListGrid
          label="Values to mend"
          columns={columns}
          list={list}
          keyOf={(r) => String(r.number)}
          onOpen={setOpen}
          selectedKey={open ? String(open.number) : undefined}
          empty={
            props.summary.rows === 0 ? (
              <Empty state="ok" title="Nothing to mend">
                Every value of every object is as the cloud wants it.
              </Empty>
            ) : (
              <Empty title="No value like this">Choose other filters.</Empty>
            )
          }
        />
      </Card>
    </>
  );
}

function RowDetail(props: { row: PrecheckRow; onClose: () => void }) {
  const { row: r } = props;
  return (
    <Card
      title={r.title}
      aside={
        <>
          <Link href={objectHref(r.dn)}>Open the object</Link>
          <Button size="small" kind="quiet" onClick={props.onClose}>
            Close
          </Button>
        </>
      }
    >
      <div className="stack">
        <p className="break">{r.reason}</p>
        <Facts
          rows={[
            [
              'Object',
              <span key="d" className="break">
                {r.dn}
              </span>,
            ],
            [
              r.attribute,
              <span key="v" className="chips">
                {r.value !== '' && (
                  <Chip kind={r.action === 'EDIT' || r.action === 'REMOVE' ? '-' : '='} text={r.value} />
                )}
                {r.action === 'EDIT' && r.update !== null && <Chip kind="+" text={r.update} />}
              </span>,
            ],
            [
              'Case',
              <span key="c" className="mono">
                {r.code}
              </span>,
            ],
          ]}
        />
      </div>
    </Card>
  );
}
