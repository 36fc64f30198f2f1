/** What pages ask of the service, as queries that several places share. */

import { infiniteQueryOptions, keepPreviousData, queryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { get, type Parameters } from './client.ts';
import type { Explanation } from './explanation-types.ts';
import type { Hit, Identity, Status } from './generated.ts';
import type { Draft, RuleSummary } from './rule-types.ts';
import type { Description, Diagnosis, LineageFacts, Page } from './types.ts';

/** Rows of a page of a list. */
const pageSize = 200;

export const statusQuery = queryOptions({
  queryKey: ['status'],
  queryFn: ({ signal }) => get<Status>('/status', {}, signal),
  refetchInterval: 30_000,
});

export const objectQuery = (reference: string) =>
  queryOptions({
    queryKey: ['object', reference, 'facts'],
    queryFn: ({ signal }) => get<Description>(`/objects/${encodeURIComponent(reference)}`, {}, signal),
  });

/** A list that is read page by page. */
export const listQuery = <T>(key: readonly unknown[], path: string, parameters: Parameters = {}) =>
  infiniteQueryOptions({
    queryKey: [...key, parameters],
    queryFn: ({ pageParam, signal }) =>
      get<Page<T>>(path, { limit: pageSize, ...parameters, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // Comparing a hundred thousand rows with themselves after every page would be felt while scrolling.
    structuralSharing: false,
    gcTime: 30_000,
    refetchOnMount: (query) => !isLong(query.state.data),
    refetchOnWindowFocus: (query) => !isLong(query.state.data),
    refetchOnReconnect: (query) => !isLong(query.state.data),
  });

/** Pages that are read again when something changed; longer lists stay as they are until they are asked for anew. */
const mostPages = 5;
/** Whether a list has been scrolled through so far that reading it again would cost more than it tells. */
export const isLong = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'pages' in data && (data.pages as readonly unknown[]).length > mostPages;

/** The rows of such a list as one array, and what a grid needs to go on. */
export function useList<T>(key: readonly unknown[], path: string, parameters: Parameters = {}, isEnabled = true) {
  const list = useInfiniteQuery({ ...listQuery<T>(key, path, parameters), enabled: isEnabled });
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.items) ?? [], [list.data]);
  const { fetchNextPage, isFetchingNextPage } = list;
  const onMore = useMemo(
    () => () => {
      if (!isFetchingNextPage) void fetchNextPage();
    },
    [fetchNextPage, isFetchingNextPage],
  );
  return {
    rows,
    onMore,
    hasMore: list.hasNextPage,
    isLoading: list.isLoading || isFetchingNextPage,
    isStale: list.isPlaceholderData,
    error: list.error,
    refetch: list.refetch,
  };
}

interface Found {
  readonly reference: string;
  readonly name: string;
  readonly type: string;
  readonly second: string;
}

/** Hits for the search field: identities first, then staged objects that have none of them. */
export async function searchAll(query: string, signal: AbortSignal): Promise<Found[]> {
  const [identities, staged] = await Promise.all([
    get<Page<Identity>>('/identities', { q: query, limit: 8 }, signal),
    get<Page<Hit>>('/objects', { space: 'cs', q: query, limit: 4 }, signal),
  ]);
  return [
    ...identities.items.map((i) => ({ ...i, second: i.userPrincipalName ?? i.mail ?? '' })),
    ...staged.items.map((h) => ({ ...h, second: h.dn ?? '' })),
  ];
}

export const explainQuery = (reference: string) =>
  queryOptions({
    queryKey: ['object', reference, 'explain'],
    queryFn: ({ signal }) => get<Explanation>('/explain', { reference }, signal),
  });

export const explainAttributeQuery = (reference: string, attribute: string) =>
  queryOptions({
    queryKey: ['object', reference, 'explain', attribute],
    queryFn: ({ signal }) => get<Explanation>('/explain', { reference, attribute }, signal),
  });

export const draftsQuery = queryOptions({
  queryKey: ['drafts'],
  queryFn: ({ signal }) => get<readonly Draft[]>('/drafts', {}, signal),
});

/** Pages of findings that are read; whoever has more begins with the worst. */
const mostFindingPages = 10;

async function allFindings(signal: AbortSignal): Promise<Diagnosis> {
  let told = await get<Diagnosis>('/diagnosis', { limit: 500 }, signal);
  for (let page = 1; page < mostFindingPages && told.next; page++) {
    const more = await get<Diagnosis>('/diagnosis', { limit: 500, cursor: told.next }, signal);
    told = { ...more, findings: [...(told.findings ?? []), ...(more.findings ?? [])] };
  }
  return told;
}

export const findingsQuery = queryOptions({
  queryKey: ['findings'],
  queryFn: ({ signal }) => allFindings(signal),
  staleTime: 60_000,
});

export const rulesQuery = (filter: Parameters) =>
  queryOptions({
    queryKey: ['rules', filter],
    queryFn: ({ signal }) => get<readonly RuleSummary[]>('/rules', filter, signal),
    placeholderData: keepPreviousData,
  });

export const lineageQuery = (reference: string) =>
  queryOptions({
    queryKey: ['object', reference, 'lineage'],
    queryFn: ({ signal }) => get<LineageFacts>(`/objects/${encodeURIComponent(reference)}/lineage`, {}, signal),
  });
