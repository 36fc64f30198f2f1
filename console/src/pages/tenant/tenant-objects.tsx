/** Objects of the tenant as Microsoft Graph gives them. */

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { get } from '../../api/client.ts';
import type { GraphObject, GraphPage } from '../../api/types.ts';
import { objectHref } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Id } from '../../ui/copy.tsx';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Failure } from '../../ui/failure.tsx';
import { ToolbarSearch } from '../../ui/fields.tsx';
import { type Column, Grid } from '../../ui/grid.tsx';
import { Badge, Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { usePaused } from '../../ui/paused.ts';
import { StateText } from '../../ui/shape.tsx';
import { Time } from '../../ui/time.tsx';

const paths: Readonly<Record<string, string>> = {
  users:
    '/v1.0/users?$select=id,displayName,userPrincipalName,mail,accountEnabled,onPremisesSyncEnabled,onPremisesLastSyncDateTime,onPremisesProvisioningErrors&$top=100',
  groups:
    '/v1.0/groups?$select=id,displayName,mail,onPremisesSyncEnabled,onPremisesLastSyncDateTime,onPremisesProvisioningErrors&$top=100',
  contacts:
    '/v1.0/contacts?$select=id,displayName,mail,onPremisesSyncEnabled,onPremisesLastSyncDateTime,onPremisesProvisioningErrors&$top=100',
  devices:
    '/v1.0/devices?$select=id,displayName,accountEnabled,onPremisesSyncEnabled,onPremisesLastSyncDateTime&$top=100',
  bin: '/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,displayName,userPrincipalName,mail,deletedDateTime,onPremisesSyncEnabled&$top=100',
};
const graph = (path: string, signal: AbortSignal) => get<GraphPage>('/tenant/graph', { path }, signal);
/** The part of an address of a next page that the service takes. */
const pathOf = (link: string): string => link.replace(/^https?:\/\/[^/]+/, '');
/** Names that begin with a text, in Graph's own filter language: a quote is doubled. */
const named = (path: string, text: string): string =>
  text === ''
    ? path
    : `${path}&$filter=${encodeURIComponent(`startswith(displayName,'${text.replaceAll("'", "''")}')`)}`;

const name: Column<GraphObject> = {
  key: 'name',
  title: 'Name',
  width: 'minmax(160px, 1.4fr)',
  cell: (o) => (
    <StateText
      state={(o.onPremisesProvisioningErrors?.length ?? 0) > 0 ? 'warning' : o.accountEnabled === false ? 'none' : 'ok'}
    >
      <span className="strong">{o.displayName ?? o.id}</span>
    </StateText>
  ),
};
const upn: Column<GraphObject> = {
  key: 'upn',
  title: 'UPN',
  width: 'minmax(180px, 1.6fr)',
  cell: (o) => o.userPrincipalName,
};
const mail: Column<GraphObject> = {
  key: 'mail',
  title: 'Mail',
  width: 'minmax(160px, 1.4fr)',
  cell: (o) => o.mail ?? <span className="faint">–</span>,
};
const origin: Column<GraphObject> = {
  key: 'origin',
  title: 'Origin',
  width: '110px',
  cell: (o) => <Badge>{o.onPremisesSyncEnabled ? 'directory' : 'cloud'}</Badge>,
};
const synced: Column<GraphObject> = {
  key: 'synced',
  title: 'Last sync',
  width: '110px',
  isWideOnly: true,
  cell: (o) => <Time at={o.onPremisesLastSyncDateTime} absent="–" />,
};
const deleted: Column<GraphObject> = {
  key: 'deleted',
  title: 'Deleted',
  width: '120px',
  cell: (o) => <Time at={o.deletedDateTime} />,
};
const columns: Readonly<Record<string, readonly Column<GraphObject>[]>> = {
  users: [name, upn, mail, origin, synced],
  groups: [name, mail, origin, synced],
  contacts: [name, mail, origin, synced],
  devices: [name, origin, synced],
  bin: [name, upn, deleted, origin],
};

export function TenantObjects(props: { kind: string }) {
  const { kind } = props;
  const [text, setText] = useState('');
  const [open, setOpen] = useState<GraphObject | undefined>();
  const q = usePaused(text.trim());
  const first = named(paths[kind] ?? paths.users ?? '', kind === 'bin' ? '' : q);
  const list = useInfiniteQuery({
    queryKey: ['tenant', kind, first],
    queryFn: ({ pageParam, signal }) => graph(pageParam, signal),
    initialPageParam: first,
    getNextPageParam: (page) => (page['@odata.nextLink'] ? pathOf(page['@odata.nextLink']) : undefined),
    placeholderData: (previous) => previous,
  });
  const rows = list.data?.pages.flatMap((p) => p.value) ?? [];
  return (
    <>
      <div className="toolbar">
        {kind !== 'bin' && (
          <ToolbarSearch
            label="Names that begin with"
            placeholder="Names that begin with…"
            value={text}
            onText={setText}
          />
        )}
        <span className="grow" />
        <ExportMenu
          sheet={() => ({
            columns: ['id', 'displayName', 'userPrincipalName', 'mail', 'onPremisesSyncEnabled'],
            rows: rows.map((o) => [
              o.id,
              o.displayName,
              o.userPrincipalName,
              o.mail,
              String(o.onPremisesSyncEnabled ?? false),
            ]),
          })}
          json={() => rows}
        />
      </div>
      {open && <GraphDetail kind={kind} object={open} onClose={() => setOpen(undefined)} />}
      <Card flush label="Objects of the tenant">
        {list.error ? (
          <Failure error={list.error} onRetry={() => void list.refetch()} />
        ) : (
          <Grid
            label="Objects of the tenant"
            columns={columns[kind] ?? []}
            rows={rows}
            keyOf={(o) => o.id}
            onOpen={setOpen}
            selectedKey={open?.id}
            isLoading={list.isLoading || list.isFetchingNextPage}
            hasMore={list.hasNextPage}
            onMore={() => {
              if (!list.isFetchingNextPage) void list.fetchNextPage();
            }}
            empty={
              kind === 'bin' ? (
                <Empty state="ok" title="The recycle bin is empty">
                  Deleted users wait here for 30 days by the tenant’s own clock.
                </Empty>
              ) : (
                <Empty title={q ? `No name begins with “${q}”` : 'Nothing of this kind is in the tenant'}>
                  Objects appear here with the export that creates them.
                </Empty>
              )
            }
          />
        )}
      </Card>
    </>
  );
}

function GraphDetail(props: { kind: string; object: GraphObject; onClose: () => void }) {
  const { object: o, kind } = props;
  const path = kind === 'bin' ? `/v1.0/directory/deletedItems/${o.id}` : `/beta/${kind}/${o.id}`;
  const whole = useQuery({
    queryKey: ['tenant', 'object', path],
    queryFn: ({ signal }) => get<Readonly<Record<string, unknown>>>('/tenant/graph', { path }, signal),
  });
  const shown = Object.entries(whole.data ?? {}).filter(
    ([key, v]) => !key.startsWith('@') && v !== null && !(Array.isArray(v) && v.length === 0),
  );
  return (
    <Card
      title={o.displayName ?? o.id}
      aside={
        <>
          <Id value={o.id} what="the cloud id" />
          {kind !== 'bin' && <Link href={objectHref(o.id)}>Where it comes from</Link>}
          <Button size="small" kind="quiet" onClick={props.onClose}>
            Close
          </Button>
        </>
      }
    >
      {whole.error && <Failure error={whole.error} />}
      {!whole.data && !whole.error && <Skeleton />}
      <dl className="values values-short">
        {shown.map(([key, v]) => (
          <div key={key} className="diff-row">
            <dt>{key}</dt>
            <dd className="break">{typeof v === 'string' ? v : JSON.stringify(v)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
