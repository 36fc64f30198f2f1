/** What was wrong and is over: since when, how long, who cared for it, what was kept quiet and why. */
import { useState } from 'react';
import type { KeptAlert } from '../../api/generated.ts';
import { useList } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty, Facts, PageHead } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { duration, withoutCommands } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { alertStates } from './alerts.tsx';

const lasted = (a: KeptAlert): string =>
  a.resolved === null ? 'goes on' : duration(Date.parse(a.resolved) - Date.parse(a.raised));
const none = <span className="faint">–</span>;

const columns: readonly Column<KeptAlert>[] = [
  {
    key: 'title',
    title: 'What',
    width: 'minmax(220px, 2.4fr)',
    cell: (a) => <StateText state={alertStates[a.severity]}>{a.title}</StateText>,
  },
  { key: 'subject', title: 'On', width: 'minmax(120px, 1fr)', isWideOnly: true, cell: (a) => a.subject ?? none },
  { key: 'resolved', title: 'Over since', width: '110px', cell: (a) => <Time at={a.resolved} /> },
  { key: 'lasted', title: 'Lasted', width: '90px', cell: lasted },
  { key: 'who', title: 'Cared for by', width: 'minmax(120px, 1fr)', cell: (a) => a.acknowledged?.who ?? none },
  { key: 'muted', title: 'Muted by', width: 'minmax(100px, 0.8fr)', cell: (a) => a.muted?.who ?? none },
];

export function EarlierAlerts() {
  const [open, setOpen] = useState<KeptAlert | undefined>();
  const list = useList<KeptAlert>(['alerts'], '/alerts', { state: 'resolved' });
  const last = list.rows[0];
  return (
    <div className="page page-fill">
      <PageHead
        title="Earlier alerts"
        trail={[{ label: 'Overview', href: '/' }]}
        verdict={
          last ? (
            <>
              “{last.title}” is over, since <Time at={last.resolved} />.
            </>
          ) : (
            'Nothing that was wrong is over yet.'
          )
        }
        lead="Alerts and findings that are over are kept for 90 days."
      />
      {open && <OneAlert alert={open} onClose={() => setOpen(undefined)} />}
      <Card flush label="Earlier alerts">
        <ListGrid
          label="Earlier alerts"
          columns={columns}
          list={list}
          keyOf={(a) => String(a.id)}
          onOpen={setOpen}
          selectedKey={open ? String(open.id) : undefined}
          empty={
            <Empty title="No alert is over yet">
              Whatever needs somebody stands on the overview; once it is over it is kept here, with who cared for it.
            </Empty>
          }
        />
      </Card>
    </div>
  );
}

function OneAlert(props: { alert: KeptAlert; onClose: () => void }) {
  const { alert: a } = props;
  return (
    <Card
      title={a.title}
      aside={
        <Button size="small" kind="quiet" onClick={props.onClose}>
          Close
        </Button>
      }
    >
      <Facts
        rows={[
          ['What it said', withoutCommands(a.summary)],
          a.subject === null ? undefined : ['On', a.subject],
          ['Began', a.raised],
          ['Over', a.resolved ?? 'not yet'],
          a.acknowledged
            ? [
                'Cared for by',
                `${a.acknowledged.who}, ${a.acknowledged.time}${a.acknowledged.note ? `: ${a.acknowledged.note}` : ''}`,
              ]
            : undefined,
          a.muted ? ['Muted', `by ${a.muted.who} until ${a.muted.until}: ${a.muted.reason}`] : undefined,
          a.told.length > 0 ? ['Told', [...new Set(a.told.map((t) => t.channel))].join(', ')] : undefined,
        ]}
      />
    </Card>
  );
}
