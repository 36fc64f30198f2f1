/** The local tenant: what is there, what was deleted, how it behaves. */
import { useQuery } from '@tanstack/react-query';
import { ApiError, get } from '../../api/client.ts';
import type { Tenant as TenantFacts } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { Id } from '../../ui/copy.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Facts, PageHead, Skeleton } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { exact } from '../../ui/text.ts';
import { TenantObjects } from './tenant-objects.tsx';
import { TenantSwitches } from './tenant-switches.tsx';

const kinds = [
  ['users', 'Users'],
  ['groups', 'Groups'],
  ['contacts', 'Contacts'],
  ['devices', 'Devices'],
] as const;

export function Tenant() {
  const [query, change] = useQueryState();
  const tenant = useQuery({
    queryKey: ['tenant', 'facts'],
    queryFn: ({ signal }) => get<TenantFacts>('/tenant', {}, signal),
  });
  if (tenant.error instanceof ApiError && tenant.error.code === 'no-tenant')
    return (
      <div className="page">
        <PageHead title="Tenant" verdict="This service synchronizes to a cloud elsewhere." />
        <Card>
          <Empty title="No local tenant runs here">
            A local tenant behaves like the cloud and is there to try things: add a “tenant” section to causeway.yaml
            and start again. Objects of a real cloud are found under Objects.
          </Empty>
        </Card>
      </div>
    );
  if (tenant.error)
    return (
      <div className="page">
        <Failure error={tenant.error} onRetry={() => void tenant.refetch()} />
      </div>
    );
  const t = tenant.data;
  if (!t)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    );
  const selected = query.tab ?? 'users';
  const isList = selected === 'bin' || kinds.some(([k]) => k === selected);
  return (
    <div className={isList ? 'page page-fill' : 'page'}>
      <PageHead title="Tenant" state="ok" verdict={`${t.displayName} runs on this machine, ready to be tried on.`}>
        <Id value={t.tenantId} what="the tenant id" />
      </PageHead>
      <Tabs
        label="Tenant"
        isFill={isList}
        tabs={[
          ...kinds.map(([key, title]) => ({ key, title })),
          { key: 'bin', title: 'Recycle bin' },
          { key: 'domains', title: 'Domains and features' },
          { key: 'switches', title: 'Switches' },
        ]}
        selected={selected}
        onSelect={(tab) => change({ tab: tab === 'users' ? undefined : tab, q: undefined })}
      >
        {isList && <TenantObjects key={selected} kind={selected} />}
        {selected === 'domains' && <Domains tenant={t} />}
        {selected === 'switches' && <TenantSwitches tenant={t} />}
      </Tabs>
    </div>
  );
}

function Domains(props: { tenant: TenantFacts }) {
  const { tenant: t } = props;
  return (
    <div className="halves">
      <Card title="Domains" flush>
        <ul className="entries">
          {t.domains.map((d) => (
            <li key={d.name} className="entry between">
              <StateText state={d.verified ? 'ok' : 'warning'}>
                <span className="strong">{d.name}</span>
              </StateText>
              <span className="row">
                {!d.verified && <Badge tone="warning">not verified</Badge>}
                <Badge>{d.authentication}</Badge>
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Facts and features">
        <Facts
          isWide
          rows={[
            ['Address', <Id key="u" value={t.url} what="the address" keep={40} />],
            ['Its own clock', exact(Date.parse(t.now))],
            ['Most deletes', String(t.deletionThreshold)],
            ...Object.entries(t.features).map(
              ([name, isOn]) =>
                [
                  name,
                  <StateText key={name} state={isOn ? 'ok' : 'none'}>
                    {isOn ? 'on' : 'off'}
                  </StateText>,
                ] as const,
            ),
          ]}
        />
      </Card>
    </div>
  );
}
