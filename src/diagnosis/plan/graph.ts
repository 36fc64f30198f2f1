/**
 * The prediction of an export through Microsoft Graph: the real exporter, writing to a replica that answers as the tenant
 * would. What the exporter decides (matching, exchanges, whom it leaves alone) and what Graph refuses is then exactly that.
 */
import type { ConnectorSession } from '../../connectors/contract.ts';
import { createEntraGraphConnector } from '../../connectors/entra/graph.ts';
import { splitAddress } from '../../entra/keys.ts';
import type { MakeReplica } from '../../entra/replica.ts';
import type { DomainFacts, RuleSettings } from '../../entra/settings.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { TenantImage } from './image.ts';
import { pendingRows } from './inputs.ts';

/** The exporter with a replica behind it. */
export interface Rehearsal extends AsyncDisposable {
  readonly session: ConnectorSession;
  /** Writes that left so far. */
  writes(): number;
}

/** Whether the connector writes through Microsoft Graph. */
export const isGraph = (target: EngineConnector): boolean => target.settings.connector.dialect === 'graph';

const nobody = '00000000-0000-0000-0000-000000000000';
const endless = { limit: Number.MAX_SAFE_INTEGER, seconds: 1 };

export async function rehearse(
  engine: Engine,
  target: EngineConnector,
  image: TenantImage,
  makeReplica: MakeReplica,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const now = engine.now();
  const { settings, index } = image;
  const extensions = image.extensions ?? [];
  const replica = makeReplica({ settings, index, now, extensions, domains: domainsAsked(engine, target, settings) });
  let writes = 0;
  let waited = 0;
  const connector = createEntraGraphConnector({
    name: target.row.name,
    url: 'http://predicted.invalid',
    tenantId: nobody,
    clientId: nobody,
    credential: { secret: 'predicted' },
    objectTypes: ['user', 'group'],
    administrators: image.administrators ?? new Map(),
    extensions,
    limits: { writes: endless, units: endless },
    // Whoever waits jumps ahead.
    now: () => now + waited,
    wait: async (milliseconds) => {
      waited += milliseconds;
    },
    random: countingBytes(),
    fetch: async (request) => {
      if (request.url.endsWith('/$batch')) writes += writesIn(await request.clone().text());
      return replica.fetch(request);
    },
  });
  const session = await connector.open(signal, engine.ruleSet.readAttributes(target.row.name));
  return {
    session,
    writes: () => writes,
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      replica[Symbol.dispose]();
    },
  };
}

const writesIn = (batch: string): number =>
  (JSON.parse(batch) as { requests: readonly { method: string }[] }).requests.filter((r) => r.method !== 'GET').length;

/** Bytes that are never the same twice in a row, and the same for every prediction: placeholders are made of them. */
function countingBytes(): (count: number) => Uint8Array {
  let state = 1;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 16) & 0xff;
    });
}

/** The verified domains of all names and addresses that are to be written. */
function domainsAsked(engine: Engine, target: EngineConnector, settings: RuleSettings): DomainFacts[] {
  const domains = new Map<string, DomainFacts>();
  const asked = new Set<string>();
  for (const { attributes } of pendingRows(engine, target)) {
    const { userPrincipalName, mail } = JSON.parse(attributes) as Record<string, unknown>;
    for (const text of [userPrincipalName, mail]) {
      const name = typeof text === 'string' ? splitAddress(text)?.domain.toLowerCase() : undefined;
      if (name === undefined || asked.has(name)) continue;
      asked.add(name);
      const domain = settings.domain(name);
      if (domain?.verified) domains.set(name, domain);
    }
  }
  return [...domains.values()];
}
