/** What is in the clouds right now, for questions that depend on it. Only reads. */
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import type { TenantImage } from '../../diagnosis/plan/image.ts';
import { readTenantImage, type TenantSource } from '../../diagnosis/plan/image-tenant.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { tryRuleSet } from '../configuration/rule-set.ts';
import { makeConnectors } from '../engine/make-connectors.ts';

/** Milliseconds that reading a tenant may take. */
const longestRead = 600_000;

export interface TenantImages {
  readonly images: ReadonlyMap<string, TenantImage>;
  /** Why a tenant is not among them, as sentences. */
  readonly limits: readonly string[];
}

/** The tenants of all cloud connectors; one that cannot be read is told in `limits`. */
export async function tenantImages(
  config: LoadedConfiguration,
  progress: (done: number) => void = () => {},
): Promise<TenantImages> {
  const images = new Map<string, TenantImage>();
  const limits: string[] = [];
  const signal = AbortSignal.timeout(longestRead);
  // Rules that are wrong write nothing; what is wrong with them is told elsewhere.
  const rules = tryRuleSet(config);
  const attributes = (name: string) => (rules.ok ? rules.ruleSet.readAttributes(name) : undefined);
  await using live = new LiveConnections(makeConnectors(config), signal, attributes);
  for (const { name } of config.settings.connectors.filter((c) => c.type === 'entra')) {
    try {
      const session = (await live.session(name)) as unknown as TenantSource;
      images.set(name, await readTenantImage(session, Date.now(), signal, progress));
    } catch (error) {
      if (error instanceof TypeError) throw error;
      limits.push(`${name} could not be read (${(error as Error).message}); what is there is only known as imported.`);
    }
  }
  return { images, limits };
}
