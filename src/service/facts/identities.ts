/** Identities as a list for people: who it is, and how far the way to the cloud is open. */
import { z } from 'zod';
import type { Store } from '../../store/store.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { type Hit, objectPage } from './objects.ts';
import { type Page, pageOf, pageQuery } from './page.ts';

export const identityQuery = pageQuery.extend({
  q: z.string().max(2048).optional().describe('As for /objects.'),
  type: z.string().max(64).optional(),
});
export const identitySchema = z.object({
  reference: z.string(),
  type: z.string(),
  name: z.string(),
  userPrincipalName: z.string().nullable(),
  mail: z.string().nullable(),
  directories: z.array(z.string()).describe('Connectors of the directories that it comes from.'),
  cloud: z.enum(['ok', 'waiting', 'error', 'none']).describe('There, on its way, refused, or not meant to be there.'),
});
export type Identity = z.infer<typeof identitySchema>;
export const identityPageSchema = pageOf(identitySchema);

/** `more`: identities that a slower search found, shown after those of the index. */
export function identityPage(
  store: Store,
  config: LoadedConfiguration,
  query: z.infer<typeof identityQuery>,
  more: readonly Hit[] = [],
): Page<Identity> {
  const page = objectPage(store, config, { ...query, space: 'mv', scope: 'all' });
  const known = new Set(page.items.map((h) => h.id));
  const connectors = new Map(store.records.connectors().map((c) => [c.id, c]));
  const hits = [...page.items, ...more.filter((h) => !known.has(h.id))].slice(0, query.limit);
  return {
    next: page.next,
    items: hits.map((hit) => {
      const row = store.mv.get(hit.id);
      const v = JSON.parse(row?.attributes ?? '{}') as Record<string, unknown>;
      const links = store.mv.links(hit.id);
      const isTarget = (connector: number) => connectors.get(connector)?.type === 'entra';
      return {
        reference: hit.reference,
        type: hit.type,
        name: hit.name,
        userPrincipalName: textOf(v.userPrincipalName),
        mail: textOf(v.mail),
        directories: links.filter((l) => !isTarget(l.connector)).map((l) => connectors.get(l.connector)?.name ?? ''),
        cloud: cloudState(
          store,
          links.map((l) => l.cs),
          links.find((l) => isTarget(l.connector))?.cs,
        ),
      };
    }),
  };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function cloudState(store: Store, linked: readonly number[], target: number | undefined): Identity['cloud'] {
  if (linked.some((cs) => store.records.errorsOf(cs).length > 0)) return 'error';
  if (target === undefined) return 'none';
  if (store.exports.get(target) || store.cs.get(target)?.anchor === null) return 'waiting';
  return 'ok';
}
