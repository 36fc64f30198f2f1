/** Run history: what ran, how it ended, what it changed. */
import { useQuery } from '@tanstack/react-query';
import type { Run } from '../../api/generated.ts';
import { statusQuery, useList } from '../../api/queries.ts';
import { useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Choice, ConnectorChoice, Switch } from '../../ui/fields.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty, PageHead } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { duration } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { ChangeNumbers } from './changes.tsx';
import { changesOf, profileNames, profileTitle, stateOf } from './run-text.ts';

const columns: readonly Column<Run>[] = [
  {
    key: 'status',
    title: 'Result',
    width: 'minmax(250px, 2.2fr)',
    cell: (r) => (
      <StateText state={stateOf(r.severity)} title={r.status}>
        {r.title}
      </StateText>
    ),
  },
  { key: 'profile', title: 'Profile', width: 'minmax(150px, 1fr)', cell: (r) => profileTitle(r.profile) },
  {
    key: 'connector',
    title: 'Connector',
    width: 'minmax(168px, 1.2fr)',
    cell: (r) => r.connector ?? <span className="soft">all</span>,
  },
  { key: 'started', title: 'Started', width: '110px', cell: (r) => <Time at={r.started} /> },
  {
    key: 'duration',
    title: 'Took',
    width: '80px',
    isNumber: true,
    cell: (r) => (r.durationMs === null ? '…' : duration(r.durationMs)),
  },
  {
    key: 'changes',
    title: 'Changes',
    width: 'minmax(130px, 0.8fr)',
    cell: (r) => <ChangeNumbers changes={changesOf(r.counters)} />,
  },
  {
    key: 'id',
    title: 'Run',
    width: '64px',
    isNumber: true,
    isWideOnly: true,
    cell: (r) => <span className="soft">{r.id}</span>,
  },
];

export function Runs() {
  const [query, change] = useQueryState();
  const status = useQuery(statusQuery);
  const list = useList<Run>(['runs'], '/runs', {
    connector: query.connector,
    profile: query.profile,
    troubled: query.troubled,
    cycle: query.cycle,
  });
  const last = status.data?.lastCycle;
  return (
    <div className="page page-fill">
      <PageHead
        title="Runs"
        state={
          last
            ? ({ running: 'running', clean: 'ok', 'object-errors': 'warning', failed: 'error' } as const)[last.outcome]
            : 'none'
        }
        verdict={
          last ? (
            <>
              {verdictOf(last.outcome)} <Time at={last.ended ?? last.started} />.
            </>
          ) : (
            'Nothing has run yet.'
          )
        }
      >
        <ExportMenu
          sheet={() => ({
            columns: [
              'run',
              'started',
              'ended',
              'connector',
              'profile',
              'status',
              'adds',
              'updates',
              'deletes',
              'failures',
            ],
            rows: list.rows.map((r) => {
              const c = changesOf(r.counters);
              return [
                r.id,
                r.started,
                r.ended,
                r.connector,
                r.profile,
                r.status,
                c.adds,
                c.updates,
                c.deletes,
                c.failures,
              ];
            }),
          })}
          json={() => list.rows}
        />
      </PageHead>
      <div className="toolbar">
        <ConnectorChoice
          connectors={status.data?.connectors}
          value={query.connector}
          onChange={(connector) => change({ connector })}
        />
        <Choice
          label="Profile"
          value={query.profile}
          any="All profiles"
          options={profileNames.map((p) => [p, profileTitle(p)])}
          onChange={(profile) => change({ profile })}
        />
        <Switch
          label="Only those with problems"
          isOn={query.troubled === 'true'}
          onChange={(on) => change({ troubled: on ? 'true' : undefined })}
        />
      </div>
      <Card flush label="Run history">
        <ListGrid
          label="Runs"
          columns={columns}
          list={list}
          keyOf={(r) => String(r.id)}
          hrefOf={(r) => `/runs/${r.id}`}
          empty={
            query.troubled || query.connector || query.profile ? (
              <Empty title="No run like this">Every run in the history is left out by the filters above.</Empty>
            ) : (
              <Empty title="No run yet">
                Imports, synchronizations and exports are listed here as soon as the first cycle starts.
              </Empty>
            )
          }
        />
      </Card>
    </div>
  );
}

const verdictOf = (outcome: 'running' | 'clean' | 'object-errors' | 'failed'): string =>
  ({
    running: 'A cycle is running; it began',
    clean: 'The last cycle went through without an error',
    'object-errors': 'The last cycle went through, but some objects were refused',
    failed: 'The last cycle failed',
  })[outcome];
