/** Lists, searches and object pages: short questions, but too long for the thread of the API when there is much to read. */
import type { z } from 'zod';
import { objectCounts } from './facts/counts.ts';
import { errorPage, type errorQuery, errorSummary } from './facts/errors.ts';
import { identityPage, type identityQuery } from './facts/identities.ts';
import {
  containing,
  type HistoryQuery,
  type Hit,
  historyFacts,
  type ObjectQuery,
  objectFacts,
  objectPage,
} from './facts/objects.ts';
import type { Page } from './facts/page.ts';
import { pendingPage, type pendingQuery } from './facts/pending.ts';
import { type runObjectQuery, runObjects } from './facts/runs.ts';
import type { ReadingState } from './readings.ts';

/** Fewer hits than that and the whole text of the identities is looked through, too. */
const fewHits = 5;
/** Shorter texts are in everything. */
const shortestText = 3;

/** An address, a DN or an account with its domain: whoever has it begins with it. */
const isIdentifier = (text: string): boolean => /[@=\\]/.test(text);

function isWorthLooking(query: { q?: string | undefined }, page: Page<unknown>): boolean {
  const text = query.q?.trim() ?? '';
  if (text.length < shortestText) return false;
  return isIdentifier(text) ? page.items.length === 0 : page.items.length < fewHits;
}

function objects({ store, config }: ReadingState, query: ObjectQuery): Page<Hit> {
  const page = objectPage(store, config, query);
  if (query.space !== 'mv' || !isWorthLooking(query, page)) return page;
  const known = new Set(page.items.map((h) => h.reference));
  const more = containing(store, query.q?.trim() ?? '', query.limit)
    .filter((h) => !known.has(h.reference))
    .filter((h) => query.type === undefined || h.type === query.type);
  return { items: [...page.items, ...more].slice(0, query.limit), next: null };
}

function identities({ store, config }: ReadingState, query: z.infer<typeof identityQuery>) {
  const page = identityPage(store, config, query);
  if (!isWorthLooking(query, page)) return page;
  return identityPage(store, config, query, containing(store, query.q?.trim() ?? '', query.limit));
}

export const pageReadings = {
  objects,
  identities,
  object: (s: ReadingState, reference: string) => objectFacts(s.store, reference),
  history: (s: ReadingState, reference: string, query: HistoryQuery) => historyFacts(s.store, reference, query),
  errors: (s: ReadingState, query: z.infer<typeof errorQuery>) => errorPage(s.store, s.config, query),
  errorSummary: (s: ReadingState) => errorSummary(s.store),
  runObjects: (s: ReadingState, run: number, query: z.infer<typeof runObjectQuery>) => runObjects(s.store, run, query),
  pendingExports: (s: ReadingState, connector: string, query: z.infer<typeof pendingQuery>) =>
    pendingPage(s.store, s.config, connector, query),
  counts: (s: ReadingState) => objectCounts(s.store),
} as const;
