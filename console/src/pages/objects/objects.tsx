/** The explorer: one search over identities and staged objects, and lists by state. */
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useState } from 'react';
import { get } from '../../api/client.ts';
import { statusQuery, useList } from '../../api/queries.ts';
import type { Counts, Hit } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice, Toggle } from '../../ui/fields.tsx';
import { type Column, Grid } from '../../ui/grid.tsx';
import { Badge, Card, Empty, PageHead } from '../../ui/parts.tsx';
import { containerOf, count, plural } from '../../ui/text.ts';

const scopes = [
  ['pending-import', 'Pending import'],
  ['pending-export', 'Pending export'],
  ['errors', 'In error'],
  ['disconnected', 'Without an identity'],
] as const;

const name: Column<Hit> = {
  key: 'name',
  title: 'Name',
  width: 'minmax(180px, 1.2fr)',
  cell: (h) => <span className="strong">{h.name || h.reference}</span>,
};
const type: Column<Hit> = { key: 'type', title: 'Type', width: '110px', cell: (h) => <Badge>{h.type}</Badge> };
const reference: Column<Hit> = {
  key: 'reference',
  title: 'Reference',
  width: '110px',
  isNumber: true,
  isWideOnly: true,
  cell: (h) => <span className="mono soft">{h.reference}</span>,
};
const columns: Readonly<Record<'mv' | 'cs', readonly Column<Hit>[]>> = {
  mv: [name, type, reference],
  cs: [
    name,
    type,
    { key: 'connector', title: 'Connector', width: 'minmax(140px, 0.8fr)', cell: (h) => h.connector },
    {
      key: 'dn',
      title: 'Container',
      width: 'minmax(180px, 2fr)',
      isWideOnly: true,
      cell: (h) => (
        <span className="soft" title={h.dn}>
          {containerOf(h.dn ?? '')}
        </span>
      ),
    },
    reference,
  ],
};

export function Objects() {
  const [query, change] = useQueryState();
  const [text, setText] = useState(query.q ?? '');
  useEffect(() => setText(query.q ?? ''), [query.q]);
  const q = useDeferredValue(text.trim());
  const space = query.space === 'cs' ? 'cs' : 'mv';
  const status = useQuery(statusQuery);
  const counts = useQuery({ queryKey: ['counts'], queryFn: ({ signal }) => get<Counts>('/counts', {}, signal) });
  const list = useList<Hit>(['objects'], '/objects', {
    space,
    q,
    type: query.type,
    ...(space === 'cs' ? { connector: query.connector, scope: query.scope } : {}),
  });
  const rows = (space === 'mv' ? counts.data?.metaverse : counts.data?.connectorSpaces) ?? [];
  const total = rows
    .filter((r) => !query.type || r.type === query.type)
    .filter((r) => space === 'mv' || !query.connector || ('connector' in r && r.connector === query.connector))
    .reduce((n, r) => n + r.count, 0);
  const isFiltered = q !== '' || (space === 'cs' && query.scope !== undefined);
  return (
    <div className="page page-fill">
      <PageHead
        title="Objects"
        verdict={
          isFiltered
            ? `${list.hasMore ? `More than ${count(list.rows.length)} objects` : plural(list.rows.length, 'object')} ${q === '' ? '' : `for “${q}”`}`
            : `${plural(total, space === 'mv' ? 'identity' : 'staged object', space === 'mv' ? 'identities' : 'staged objects')}${query.type ? ` of type ${query.type}` : ''}`
        }
      >
        <ExportMenu
          sheet={() => ({
            columns: ['reference', 'name', 'type', 'connector', 'dn'],
            rows: list.rows.map((h) => [h.reference, h.name, h.type, h.connector, h.dn]),
          })}
          json={() => list.rows}
        />
      </PageHead>
      <div className="toolbar">
        <Toggle
          label="Which objects"
          value={space}
          options={[
            ['mv', 'Identities'],
            ['cs', 'Staged objects'],
          ]}
          onChange={(s) =>
            change({ space: s === 'mv' ? undefined : s, type: undefined, connector: undefined, scope: undefined })
          }
        />
        <input
          className="input toolbar-search"
          type="search"
          aria-label="Find objects"
          placeholder="DN, UPN, mail, account name, GUID, anchor in base64 or hex, cloud id"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => change({ q: text.trim() })}
          onKeyDown={(event) => {
            if (event.key === 'Enter') change({ q: text.trim() });
          }}
        />
        <Choice
          label="Type"
          value={query.type}
          any="All types"
          options={[...new Set(rows.map((r) => r.type))].map((t) => [t, t])}
          onChange={(value) => change({ type: value })}
        />
        {space === 'cs' && (
          <>
            <Choice
              label="Connector"
              value={query.connector}
              any="All connectors"
              options={(status.data?.connectors ?? []).map((c) => [c.name, c.name])}
              onChange={(connector) => change({ connector })}
            />
            <Choice
              label="State"
              value={query.scope}
              any="Any state"
              options={scopes}
              onChange={(scope) => change({ scope })}
            />
          </>
        )}
      </div>
      <Card flush label="Objects">
        {list.error ? (
          <Failure error={list.error} onRetry={() => void list.refetch()} />
        ) : (
          <Grid
            label="Objects"
            columns={columns[space]}
            rows={list.rows}
            keyOf={(h) => h.reference}
            hrefOf={(h) => `/objects/${encodeURIComponent(h.reference)}`}
            isLoading={list.isLoading}
            hasMore={list.hasMore}
            onMore={list.onMore}
            empty={
              isFiltered ? (
                <Empty title={q ? `Nothing is known of “${q}”` : 'No object is in this state'}>
                  {q
                    ? 'Names are found by how they begin; identifiers as a whole, in any spelling. What was never imported is not here: the Why tab of its DN tells what kept it out.'
                    : 'Choose another state or connector.'}
                </Empty>
              ) : (
                <Empty title="No object yet">
                  Objects are listed here once a directory was imported and synchronized for the first time.
                </Empty>
              )
            }
          />
        )}
      </Card>
    </div>
  );
}
