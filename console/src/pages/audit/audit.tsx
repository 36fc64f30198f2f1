/** Who changed what, from what to what; every line vouches for the ones before it. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { get } from '../../api/client.ts';
import type { AuditLine } from '../../api/generated.ts';
import { useList } from '../../api/queries.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { ExportMenu } from '../../ui/export-menu.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty, Facts, PageHead } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { count, words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';

const columns: readonly Column<AuditLine>[] = [
  { key: 'time', title: 'When', width: '110px', cell: (l) => <Time at={l.time} /> },
  { key: 'who', title: 'Who', width: 'minmax(130px, 1fr)', cell: (l) => <span className="strong">{l.who}</span> },
  {
    key: 'action',
    title: 'What',
    width: 'minmax(160px, 1.2fr)',
    cell: (l) => (
      <StateText state={l.outcome === 'done' ? 'ok' : 'error'} title={l.outcome}>
        {words(l.action)}
      </StateText>
    ),
  },
  {
    key: 'subject',
    title: 'On',
    width: 'minmax(140px, 1.4fr)',
    cell: (l) => l.subject ?? <span className="faint">–</span>,
  },
  { key: 'outcome', title: 'Outcome', width: '100px', cell: (l) => l.outcome },
  {
    key: 'how',
    title: 'Through',
    width: '110px',
    isWideOnly: true,
    cell: (l) => <span className="soft">{words(l.how)}</span>,
  },
];

export function Audit() {
  const [query, change] = useQueryState();
  const [open, setOpen] = useState<AuditLine | undefined>();
  const list = useList<AuditLine>(['audit'], '/audit', { who: query.who, action: query.action });
  const check = useMutation({
    mutationFn: () => get<{ rows: number; brokenAt?: number }>('/audit/chain'),
    onSuccess: (c) =>
      c.brokenAt === undefined
        ? announce(`The log is whole: ${count(c.rows)} lines, every one vouched for by the next.`)
        : announce(`The log was tampered with: line ${c.brokenAt} is not what it was.`, 'error'),
  });
  const last = list.rows[0];
  return (
    <div className="page page-fill">
      <PageHead
        title="Audit"
        verdict={
          last ? (
            <>
              {last.who} acted last, <Time at={last.time} />.
            </>
          ) : (
            'Nobody has changed anything yet.'
          )
        }
      >
        <Button busy={check.isPending} onClick={() => check.mutate()}>
          Check the chain
        </Button>
        <ExportMenu
          sheet={() => ({
            columns: ['id', 'time', 'who', 'how', 'action', 'subject', 'outcome', 'before', 'after', 'hash'],
            rows: list.rows.map((l) => [
              l.id,
              l.time,
              l.who,
              l.how,
              l.action,
              l.subject,
              l.outcome,
              JSON.stringify(l.before),
              JSON.stringify(l.after),
              l.hash,
            ]),
          })}
          json={() => list.rows}
        />
      </PageHead>
      <div className="toolbar">
        <input
          key={`who ${query.who ?? ''}`}
          className="input toolbar-half"
          aria-label="Who"
          placeholder="Who"
          defaultValue={query.who ?? ''}
          onBlur={(e) => change({ who: e.target.value.trim() })}
          onKeyDown={(e) => e.key === 'Enter' && change({ who: e.currentTarget.value.trim() })}
        />
        <input
          key={`action ${query.action ?? ''}`}
          className="input toolbar-half"
          aria-label="Action"
          placeholder="Action, for example set-scheduler"
          defaultValue={query.action ?? ''}
          onBlur={(e) => change({ action: e.target.value.trim() })}
          onKeyDown={(e) => e.key === 'Enter' && change({ action: e.currentTarget.value.trim() })}
        />
      </div>
      {open && (
        <Card
          title={`${words(open.action)}${open.subject ? `: ${open.subject}` : ''}`}
          aside={
            <Button size="small" kind="quiet" onClick={() => setOpen(undefined)}>
              Close
            </Button>
          }
        >
          <Facts
            rows={[
              ['Line', String(open.id)],
              ['When', open.time],
              ['Who', `${open.who}, through the ${words(open.how).toLowerCase()}`],
              ['Before', <Content key="b" value={open.before} />],
              ['After', <Content key="a" value={open.after} />],
              [
                'Hash',
                <span key="h" className="mono small break">
                  {open.hash}
                </span>,
              ],
            ]}
          />
        </Card>
      )}
      <Card flush label="Audit log">
        <ListGrid
          label="Audit log"
          columns={columns}
          list={list}
          keyOf={(l) => String(l.id)}
          onOpen={setOpen}
          selectedKey={open ? String(open.id) : undefined}
          empty={
            query.who || query.action ? (
              <Empty title="No line like this">Choose another person or action.</Empty>
            ) : (
              <Empty title="Nothing was done yet">
                Every sign-in, change, approval, fix and refusal is written down here with what was before.
              </Empty>
            )
          }
        />
      </Card>
    </div>
  );
}

function Content(props: { value: unknown }) {
  if (props.value === null || props.value === undefined) return <span className="faint">–</span>;
  return (
    <pre className="code">{typeof props.value === 'string' ? props.value : JSON.stringify(props.value, null, 2)}</pre>
  );
}
