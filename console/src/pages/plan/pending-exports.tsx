/** Pending exports, object by object, with before and after. */
import { useState } from 'react';
import { Link } from 'wouter';
import { useList } from '../../api/queries.ts';
import type { AttributeValue, PendingExport } from '../../api/types.ts';
import { objectHref, useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Diff } from '../../ui/diff.tsx';
import { ExportMenu } from '../../ui/export-menu.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Badge, Card, Empty } from '../../ui/parts.tsx';
import { leafOf, plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';

const tones = { add: 'ok', update: 'plain', delete: 'warning' } as const;
const columns: readonly Column<PendingExport>[] = [
  {
    key: 'operation',
    title: 'What',
    width: '90px',
    cell: (p) => <Badge tone={tones[p.operation]}>{p.operation}</Badge>,
  },
  {
    key: 'object',
    title: 'Object',
    width: 'minmax(180px, 1.2fr)',
    cell: (p) => (
      <span className="strong" title={p.dn}>
        {nameOf(p)}
      </span>
    ),
  },
  { key: 'type', title: 'Type', width: '90px', cell: (p) => p.type },
  {
    key: 'changes',
    title: 'Attributes',
    width: 'minmax(200px, 2fr)',
    cell: (p) => (
      <span className="soft">
        {p.operation === 'delete' ? 'the whole object' : p.changes.map((c) => c.attribute).join(', ') || 'references'}
      </span>
    ),
  },
  {
    key: 'attempt',
    title: 'Refused',
    width: '130px',
    cell: (p) =>
      p.attempt > 0 ? (
        <span>
          {plural(p.attempt, 'time')}
          {p.nextAttempt && (
            <span className="soft">
              , <Time at={p.nextAttempt} />
            </span>
          )}
        </span>
      ) : (
        <span className="faint">–</span>
      ),
  },
];

/** A new object has no name of its own there yet; what it would be called tells more. */
function nameOf(p: PendingExport): string {
  const after = (name: string) => p.changes.find((c) => c.attribute === name)?.after;
  const text = after('displayName') ?? after('userPrincipalName');
  return typeof text === 'string' ? text : (p.name ?? (leafOf(p.dn) || p.reference));
}

export function PendingExports(props: {
  connector: string;
  operation: string | undefined;
  type: string | undefined;
  total: number;
}) {
  const [, change] = useQueryState();
  const [open, setOpen] = useState<PendingExport | undefined>();
  const list = useList<PendingExport>(
    ['plan', props.connector, 'exports'],
    `/plan/${encodeURIComponent(props.connector)}/exports`,
    {
      operation: props.operation,
      type: props.type,
    },
  );
  if (props.total === 0) return null;
  return (
    <>
      {open && (
        <Card
          title={nameOf(open)}
          aside={
            <>
              <Link href={objectHref(open.reference)}>Open the object</Link>
              <Button size="small" kind="quiet" onClick={() => setOpen(undefined)}>
                Close
              </Button>
            </>
          }
        >
          <PendingDiff pending={open} />
        </Card>
      )}
      <Card
        flush
        title={
          props.operation ? `Pending: ${props.operation}${props.type ? ` of ${props.type}` : ''}` : 'Pending exports'
        }
        aside={
          <>
            {props.operation && (
              <Button size="small" kind="quiet" onClick={() => change({ operation: undefined, type: undefined })}>
                Show all
              </Button>
            )}
            <ExportMenu
              sheet={() => ({
                columns: ['reference', 'dn', 'type', 'operation', 'attributes', 'attempt'],
                rows: list.rows.map((p) => [
                  p.reference,
                  p.dn,
                  p.type,
                  p.operation,
                  p.changes.map((c) => c.attribute).join(' '),
                  p.attempt,
                ]),
              })}
              json={() => list.rows}
            />
          </>
        }
      >
        <ListGrid
          label="Pending exports"
          columns={columns}
          list={list}
          keyOf={(p) => String(p.id)}
          onOpen={setOpen}
          selectedKey={open ? String(open.id) : undefined}
          empty={<Empty title="Nothing of this kind waits">Choose another kind above.</Empty>}
        />
      </Card>
    </>
  );
}

function PendingDiff(props: { pending: PendingExport }) {
  const before: Record<string, AttributeValue | undefined> = {};
  const after: Record<string, AttributeValue | undefined> = {};
  for (const c of props.pending.changes) {
    before[c.attribute] = c.before;
    after[c.attribute] = c.after;
  }
  return (
    <Diff
      before={before}
      after={after}
      emptyText={
        props.pending.operation === 'delete' ? 'The object is deleted with all its values.' : 'Only references change.'
      }
    />
  );
}
