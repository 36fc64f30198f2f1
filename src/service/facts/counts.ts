/** How many objects there are, by connector and type. */
import { z } from 'zod';
import type { Store } from '../../store/store.ts';
import { connectorNames } from './runs.ts';

export const countsSchema = z.object({
  connectorSpaces: z.array(z.object({ connector: z.string(), type: z.string(), count: z.number().int() })),
  metaverse: z.array(z.object({ type: z.string(), count: z.number().int() })),
  pendingImports: z.array(z.object({ connector: z.string(), kind: z.string(), count: z.number().int() })),
});

/** Counts everything: takes as long as the store is big. */
export function objectCounts(store: Store): z.infer<typeof countsSchema> {
  const names = connectorNames(store);
  const name = (id: number) => names.get(id) ?? '';
  return {
    connectorSpaces: store.reports
      .objectCounts()
      .map((c) => ({ connector: name(c.connector), type: c.type, count: c.n })),
    metaverse: store.reports.identityCounts().map((c) => ({ type: c.type, count: c.n })),
    pendingImports: store.reports
      .pendingImports()
      .map((c) => ({ connector: name(c.connector), kind: c.kind, count: c.n })),
  };
}
