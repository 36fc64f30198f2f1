/** Objects in error with their codes: what Connect Health and the Operations tab list. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { ErrorRow, ErrorSummaries } from '../../api/generated.ts';
import { statusQuery, useList } from '../../api/queries.ts';
import { objectHref, useQueryState } from '../../ui/address.ts';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Choice, ConnectorChoice } from '../../ui/fields.tsx';
import type { Column } from '../../ui/grid.tsx';
import { ListGrid } from '../../ui/list-grid.tsx';
import { Card, Empty } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { count, leafOf, words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { byCode, categories, ErrorCategories } from './error-categories.tsx';

const columns: readonly Column<ErrorRow>[] = [
  {
    key: 'object',
    title: 'Object',
    width: 'minmax(150px, 1.4fr)',
    cell: (e) => (
      <span className="strong" title={e.dn}>
        {e.name ?? (leafOf(e.dn) || e.reference)}
      </span>
    ),
  },
  {
    key: 'code',
    title: 'Error',
    width: 'minmax(180px, 1.6fr)',
    cell: (e) => (
      <StateText state="error" title={e.message}>
        {e.code}
      </StateText>
    ),
  },
  {
    key: 'category',
    title: 'Category',
    width: 'minmax(110px, 1.1fr)',
    cell: (e) => e.category ?? <span className="faint">–</span>,
  },
  {
    key: 'attribute',
    title: 'Attribute and value',
    width: 'minmax(110px, 1.4fr)',
    cell: (e) => (
      <span title={e.value}>
        <span className="soft">{e.attribute} </span>
        <span className="mono">{e.value}</span>
      </span>
    ),
  },
  { key: 'phase', title: 'Phase', width: '80px', cell: (e) => words(e.phase) },
  { key: 'connector', title: 'Connector', width: 'minmax(90px, 1fr)', isWideOnly: true, cell: (e) => e.connector },
  { key: 'count', title: 'Times', width: '56px', isNumber: true, cell: (e) => count(e.count) },
  { key: 'last', title: 'Last seen', width: '96px', cell: (e) => <Time at={e.lastSeen} /> },
];

export function ObjectsInError() {
  const [query, change] = useQueryState();
  const status = useQuery(statusQuery);
  const summary = useQuery({
    queryKey: ['errors', 'summary'],
    queryFn: ({ signal }) => get<ErrorSummaries>('/errors/summary', {}, signal),
  });
  const list = useList<ErrorRow>(['errors'], '/errors', {
    category: query.category,
    code: query.code,
    phase: query.phase,
    connector: query.connector,
  });
  const isFiltered = query.category ?? query.code ?? query.phase ?? query.connector;
  return (
    <>
      <ErrorCategories
        summary={summary.data ?? []}
        selected={query}
        onSelect={(to) => change({ ...to, tab: 'objects' })}
      />
      <div className="toolbar toolbar-spaced">
        <Choice
          label="Category"
          value={query.category}
          any="Every category"
          options={categories.map((c) => [c, c])}
          onChange={(category) => change({ category, code: undefined, tab: 'objects' })}
        />
        <Choice
          label="Error"
          value={query.code}
          any="Every error"
          options={byCode(
            (summary.data ?? []).filter((s) => query.category === undefined || s.category === query.category),
          ).map(([code, objects]) => [code, `${code} (${count(objects)})`])}
          onChange={(code) => change({ code, tab: 'objects' })}
        />
        <Choice
          label="Phase"
          value={query.phase}
          any="Every phase"
          options={['import', 'sync', 'export', 'confirm'].map((p) => [p, words(p)])}
          onChange={(phase) => change({ phase, tab: 'objects' })}
        />
        <ConnectorChoice
          connectors={status.data?.connectors}
          value={query.connector}
          onChange={(connector) => change({ connector })}
        />
        <span className="grow" />
        <ExportMenu
          sheet={() => ({
            columns: [
              'dn',
              'category',
              'code',
              'attribute',
              'value',
              'phase',
              'connector',
              'times',
              'first seen',
              'last seen',
              'message',
            ],
            rows: list.rows.map((e) => [
              e.dn,
              e.category,
              e.code,
              e.attribute,
              e.value,
              e.phase,
              e.connector,
              e.count,
              e.firstSeen,
              e.lastSeen,
              e.message,
            ]),
          })}
          json={() => list.rows}
        />
      </div>
      <Card flush label="Objects in error">
        <ListGrid
          label="Objects in error"
          columns={columns}
          list={list}
          keyOf={(e) => `${e.reference} ${e.phase}`}
          hrefOf={(e) => objectHref(e.reference)}
          empty={
            isFiltered ? (
              <Empty title="No object has this error">
                It may be healed: errors go away with the export that works.
              </Empty>
            ) : (
              <Empty state="ok" title="No object is in error">
                Objects that a directory, a rule or the cloud refused are listed here with the exact code.
              </Empty>
            )
          }
        />
      </Card>
    </>
  );
}
