/** The explorer: one search over identities and staged objects, and lists by state. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { get } from '../../api/client.ts';
import type { Counts, Hit, Identity } from '../../api/generated.ts';
import { statusQuery, useList } from '../../api/queries.ts';
import { objectHref, useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Choice, ConnectorChoice, Toggle, ToolbarSearch } from '../../ui/fields.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty, PageHead } from '../../ui/parts.tsx';
import { usePaused } from '../../ui/paused.ts';
import { StateText } from '../../ui/shape.tsx';
import { containerOf, count, leafOf, plural } from '../../ui/text.ts';

const scopes = [
  ['pending-import', 'Pending import'],
  ['pending-export', 'Pending export'],
  ['errors', 'In error'],
  ['disconnected', 'Without an identity'],
] as const;

const words: Readonly<Record<Identity['cloud'], string>> = {
  ok: 'in the cloud',
  waiting: 'on its way',
  error: 'in error',
  none: 'not in the cloud',
};
const identityColumns: readonly Column<Identity>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(180px, 1.3fr)',
    cell: (i) => (
      <StateText state={i.cloud} title={words[i.cloud]}>
        <span className="strong">{i.name || i.reference}</span>
        <span className="visually-hidden"> {words[i.cloud]}</span>
      </StateText>
    ),
  },
  {
    key: 'upn',
    title: 'Sign-in name or mail',
    width: 'minmax(200px, 1.6fr)',
    cell: (i) => i.userPrincipalName ?? i.mail ?? <span className="faint">–</span>,
  },
  { key: 'type', title: 'Type', width: '90px', cell: (i) => i.type },
  {
    key: 'directories',
    title: 'Comes from',
    width: 'minmax(150px, 1.2fr)',
    isWideOnly: true,
    cell: (i) => <span className="soft">{i.directories.join(', ') || 'the cloud alone'}</span>,
  },
  {
    key: 'reference',
    title: 'Reference',
    width: '90px',
    isNumber: true,
    isWideOnly: true,
    cell: (i) => <span className="mono soft">{i.reference}</span>,
  },
];
const hitColumns: readonly Column<Hit>[] = [
  {
    key: 'name',
    title: 'Name',
    width: 'minmax(160px, 1.2fr)',
    cell: (h) => <span className="strong">{h.name || leafOf(h.dn ?? h.reference)}</span>,
  },
  { key: 'type', title: 'Type', width: '110px', cell: (h) => h.type },
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
  {
    key: 'reference',
    title: 'Reference',
    width: '90px',
    isNumber: true,
    isWideOnly: true,
    cell: (h) => <span className="mono soft">{h.reference}</span>,
  },
];

export function Objects() {
  const [query, change] = useQueryState();
  const [text, setText] = useState(query.q ?? '');
  useEffect(() => setText(query.q ?? ''), [query.q]);
  const q = usePaused(text.trim());
  const space = query.space === 'cs' ? 'cs' : 'mv';
  const status = useQuery(statusQuery);
  const counts = useQuery({ queryKey: ['counts'], queryFn: ({ signal }) => get<Counts>('/counts', {}, signal) });
  const identities = useList<Identity>(['objects', 'mv'], '/identities', { q, type: query.type }, space === 'mv');
  const staged = useList<Hit>(
    ['objects', 'cs'],
    '/objects',
    { space: 'cs', q, type: query.type, connector: query.connector, scope: query.scope },
    space === 'cs',
  );
  const list = space === 'mv' ? identities : staged;
  const rows = (space === 'mv' ? counts.data?.metaverse : counts.data?.connectorSpaces) ?? [];
  const total = rows
    .filter((r) => !query.type || r.type === query.type)
    .filter((r) => space === 'mv' || !query.connector || ('connector' in r && r.connector === query.connector))
    .reduce((n, r) => n + r.count, 0);
  const isFiltered = q !== '' || (space === 'cs' && query.scope !== undefined);
  const empty = isFiltered ? (
    <Empty title={q ? `Nothing is known of “${q}”` : 'No object is in this state'}>
      {q
        ? 'Names are found by how they begin; identifiers as a whole, in any spelling. What was never imported is not here: open its DN and the page tells what kept it out.'
        : 'Choose another state or connector.'}
    </Empty>
  ) : (
    <Empty title="No object yet">
      Objects are listed here once a directory was imported and synchronized for the first time.
    </Empty>
  );
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
          sheet={() =>
            space === 'mv'
              ? {
                  columns: ['reference', 'name', 'type', 'userPrincipalName', 'mail', 'directories', 'cloud'],
                  rows: identities.rows.map((i) => [
                    i.reference,
                    i.name,
                    i.type,
                    i.userPrincipalName,
                    i.mail,
                    i.directories.join(' '),
                    i.cloud,
                  ]),
                }
              : {
                  columns: ['reference', 'name', 'type', 'connector', 'dn'],
                  rows: staged.rows.map((h) => [h.reference, h.name, h.type, h.connector, h.dn]),
                }
          }
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
        <ToolbarSearch
          label="Find objects"
          placeholder="DN, UPN, mail, account name, GUID, anchor in base64 or hex, cloud id"
          value={text}
          onText={setText}
          onSearch={(found) => change({ q: found })}
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
            <ConnectorChoice
              connectors={status.data?.connectors}
              value={query.connector}
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
        {space === 'mv' ? (
          <ListGrid
            label="Identities"
            columns={identityColumns}
            list={identities}
            keyOf={keyOf}
            hrefOf={hrefOf}
            empty={empty}
          />
        ) : (
          <ListGrid
            label="Staged objects"
            columns={hitColumns}
            list={staged}
            keyOf={keyOf}
            hrefOf={hrefOf}
            empty={empty}
          />
        )}
      </Card>
    </div>
  );
}

const keyOf = (o: { readonly reference: string }): string => o.reference;
const hrefOf = (o: { readonly reference: string }): string => objectHref(o.reference);
