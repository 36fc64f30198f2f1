/** What the next export will do: how much, of what kind, because of what; the gauge of deletes and the approval. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { PendingSummary } from '../../api/generated.ts';
import { statusQuery } from '../../api/queries.ts';
import { useQueryState } from '../../ui/address.ts';
import { Failure } from '../../ui/failure.tsx';
import { Choice } from '../../ui/fields.tsx';
import { Badge, Card, Empty, PageHead, Skeleton } from '../../ui/parts.tsx';
import type { State } from '../../ui/shape.tsx';
import { count, plural } from '../../ui/text.ts';
import { DeleteGauge } from './delete-gauge.tsx';
import { PendingExports } from './pending-exports.tsx';
import { Refusals } from './refusals.tsx';

export function Plan() {
  const [query, change] = useQueryState();
  const status = useQuery(statusQuery);
  const connectors = status.data?.connectors ?? [];
  const targets = connectors.filter((c) => c.lastExport !== null || c.type === 'entra');
  const connector = query.connector ?? targets.find((c) => c.type === 'entra')?.name ?? targets[0]?.name;
  const plan = useQuery({
    queryKey: ['plan', connector, 'summary'],
    queryFn: ({ signal }) => get<PendingSummary>(`/plan/${encodeURIComponent(connector ?? '')}`, {}, signal),
    enabled: connector !== undefined,
  });
  const p = plan.data;
  const total = p ? p.operations.add + p.operations.update + p.operations.delete : 0;
  const references = p?.references.reduce((n, r) => n + r.count, 0) ?? 0;
  const isStaging = status.data?.scheduler.StagingModeEnabled === true;
  return (
    <div className="page page-fill">
      <PageHead
        title="Plan"
        state={p ? stateOf(p, total) : undefined}
        verdict={p ? sentence(p, total, references, isStaging) : 'Reading what waits…'}
      >
        {targets.length > 1 && (
          <Choice
            label="Connector"
            value={connector}
            options={targets.map((c) => [c.name, c.name])}
            onChange={(value) => change({ connector: value })}
          />
        )}
      </PageHead>
      {plan.error && <Failure error={plan.error} onRetry={() => void plan.refetch()} />}
      {!p && !plan.error && <Skeleton />}
      {p && connector && (
        <>
          <div className="columns plan-top">
            <Card title="By kind">
              <Kinds plan={p} selected={query.operation} onSelect={(operation, type) => change({ operation, type })} />
            </Card>
            <DeleteGauge plan={p.deletes} />
          </div>
          <Refusals connector={connector} total={total} />
          <PendingExports connector={connector} operation={query.operation} type={query.type} total={total} />
        </>
      )}
    </div>
  );
}

const stateOf = (p: PendingSummary, total: number): State =>
  p.deletes.isHeld ? 'error' : total > 0 ? 'waiting' : 'ok';

function sentence(p: PendingSummary, total: number, references: number, isStaging: boolean): string {
  if (p.deletes.isHeld)
    return `${plural(p.deletes.deletes, 'delete')} to ${p.connector} ${p.deletes.deletes === 1 ? 'is' : 'are'} held back: more than the ${count(p.deletes.threshold)} allowed.`;
  if (total + references === 0) return `Nothing waits for ${p.connector}.`;
  const { add, update, delete: gone } = p.operations;
  const parts = [
    add > 0 ? plural(add, 'add') : '',
    update > 0 ? plural(update, 'update') : '',
    gone > 0 ? plural(gone, 'delete') : '',
    references > 0 ? plural(references, 'reference') : '',
  ].filter((t) => t !== '');
  return `${parts.join(', ')} ${isStaging ? 'would go' : 'go'} to ${p.connector} with the next export${isStaging ? ', if this were not staging' : ''}.`;
}

const titles: Readonly<Record<string, string>> = { add: 'Adds', update: 'Updates', delete: 'Deletes' };
const signs: Readonly<Record<string, string>> = { add: '+', update: '~', delete: '−' };

function Kinds(props: {
  plan: PendingSummary;
  selected: string | undefined;
  onSelect: (operation: string | undefined, type: string | undefined) => void;
}) {
  const { plan } = props;
  if (plan.groups.length === 0 && plan.references.length === 0)
    return (
      <Empty state="ok" title="The cloud is as the rules want it">
        What an export would add, change or delete is grouped here, with the predicted refusals.
      </Empty>
    );
  return (
    <div className="counters">
      {(['add', 'update', 'delete'] as const).map((operation) => {
        const groups = plan.groups.filter((g) => g.operation === operation);
        if (groups.length === 0) return null;
        return (
          <section key={operation} className="counter-group" aria-label={titles[operation]}>
            <h3>
              <span
                className={`change change-${operation === 'add' ? 'adds' : operation === 'delete' ? 'deletes' : 'updates'}`}
                aria-hidden="true"
              >
                {signs[operation]}
              </span>{' '}
              {titles[operation]}
            </h3>
            <ul>
              {groups.map((g) => (
                <li key={g.type ?? ''} className="counter-row">
                  <span className="grow">{g.type ?? 'unknown type'}</span>
                  <button
                    type="button"
                    className="counter-number is-link"
                    aria-pressed={props.selected === operation}
                    onClick={() => props.onSelect(operation, g.type ?? undefined)}
                  >
                    {count(g.count)}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      {plan.attributes.length > 0 && (
        <section className="counter-group" aria-label="Changed attributes">
          <h3>Most changed attributes</h3>
          <ul>
            {plan.attributes.slice(0, 6).map((a) => (
              <li key={a.attribute} className="counter-row">
                <span className="grow mono">{a.attribute}</span>
                <span className="counter-number">{count(a.count)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {plan.references.length > 0 && (
        <section className="counter-group" aria-label="References">
          <h3>References</h3>
          <ul>
            {plan.references.map((r) => (
              <li key={`${r.attribute} ${r.change}`} className="counter-row">
                <span className="grow mono">{r.attribute}</span>
                <Badge tone={r.change === 'add' ? 'ok' : 'warning'}>{r.change === 'add' ? '+' : '−'}</Badge>
                <span className="counter-number">{count(r.count)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
