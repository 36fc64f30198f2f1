/** Why an object, or a value, is what it is: the explanation of the diagnosis over the state of the service. */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { LiveConnections } from '../../diagnosis/connectivity/live.ts';
import { explain } from '../../diagnosis/explain/explain.ts';
import type { Explanation, LiveObject, Lookup } from '../../diagnosis/explain/model.ts';
import type { Locate } from '../../diagnosis/explain/scope.ts';
import type { TenantImage } from '../../diagnosis/plan/image.ts';
import { type ConcernedObject, readObjectImage } from '../../diagnosis/plan/image-object.ts';
import type { Engine } from '../../sync/context.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { makeConnectors } from '../engine/make-connectors.ts';
import type { ReadingState } from '../readings.ts';

export const explainQuery = z.object({
  reference: z.string().min(1).max(2048),
  attribute: z.string().max(256).optional().describe('Explain this attribute instead of the object as a whole.'),
  live: z
    .stringbool()
    .default(false)
    .describe('Also ask the tenant what it has of the object and of those who have its names, at this moment.'),
});

/** Milliseconds that a directory may take to say whether it has an object that was never imported. */
const lookupMs = 5000;

/** Milliseconds that a tenant may take to say what it has of one object. */
const tenantMs = 15_000;

/** The explanation of whatever the reference means. Asks a directory only about what was never imported. */
export const explainFacts = (state: ReadingState, query: z.infer<typeof explainQuery>): Promise<Explanation> =>
  explainNow(state.reading.engine(state.rules()), state.config, query, query.live ? 'live' : 'directories');

/**
 * The explanation, with the place in the configuration of what decided. `ask`: nobody; only directories, about what was never
 * imported; or the tenant, too. Whoever cannot be asked is no error: the answer then tells what was stored.
 */
export async function explainNow(
  engine: Engine,
  config: LoadedConfiguration,
  query: { readonly reference: string; readonly attribute?: string | undefined },
  ask: 'nobody' | 'directories' | 'live',
): Promise<Explanation> {
  await using live = new LiveConnections(makeConnectors(config), AbortSignal.timeout(tenantMs));
  const readTenant = async (connector: string, asked: ConcernedObject): Promise<TenantImage | undefined> => {
    const tenant = await live.tenant(connector);
    return tenant && readObjectImage(tenant, asked, Date.now());
  };
  return await explain(engine, query.reference, {
    ...(query.attribute === undefined ? {} : { attribute: query.attribute }),
    ...(ask === 'nobody' ? {} : { lookup: lookupOf(config) }),
    ...(ask === 'live' ? { readTenant } : {}),
    locate: placesOf(config),
  });
}

/** Asks the directory itself by DN; what cannot be asked is no error, the explanation then says so. */
function lookupOf(config: LoadedConfiguration): Lookup {
  return async (name, dn, types) => {
    const signal = AbortSignal.timeout(lookupMs);
    try {
      const connector = makeConnectors(config).find((c) => c.connector.name === name)?.connector;
      await using session = connector && (await connector.open(signal));
      if (!session?.readBack) return undefined;
      for (const objectType of types.length > 0 ? types : session.schema.objectTypes) {
        const asked = {
          id: 0,
          operation: 'update',
          dn,
          objectType,
          attributes: {},
          before: {},
          references: {},
        } as const;
        const [answer] = await session.readBack([{ ...asked, attempt: 0 }], signal);
        if (answer?.object)
          return { connector: name, dn: answer.object.dn, objectType: answer.object.objectType } satisfies LiveObject;
      }
      return null;
    } catch (error) {
      if (error instanceof TypeError) throw error;
      return undefined; // not reachable: the explanation tells that the directory was not asked
    }
  };
}

/** Finds file and line in which a setting stands. */
export function placesOf(config: LoadedConfiguration): Locate {
  const lines = new LineCounter();
  const document = parseDocument(readFileSync(config.file, 'utf8'), { lineCounter: lines });
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return `${config.file}:${lines.linePos(node.range[0]).line}`;
    }
    return undefined;
  };
}
