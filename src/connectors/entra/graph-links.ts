/** Members, owners and managers as requests to Graph (entra-directory s.5.2, 5.3). */
import type { ExportError, ExportRequest, ExportWork, ReferenceTarget } from '../contract.ts';
import { chunked, type GraphAnswer, type GraphClient, type GraphRequest } from './graph-client.ts';
import { isAlreadyThere, isMissing } from './graph-errors.ts';
import { anchorProperty, collectionOf, type GraphClass, relations } from './graph-names.ts';
import { anchorOfId, findBy, partsOfAnchor } from './graph-read.ts';
import { sourceAnchorOfDn } from './sync-names.ts';

/** References in one request. */
const mostBinds = 20;

export type Links =
  | { readonly writes: readonly LinkWrite[] }
  | { readonly refused: ExportError }
  /** Graph has no place for one of them. */
  | { readonly leftOut: string };
export interface LinkWrite {
  readonly request: GraphRequest;
  /** The same, one reference a request: for when one of them spoils the rest. */
  readonly singles?: readonly LinkWrite[];
  /** Whether the answer says that nothing is left to do. */
  isDone(answer: GraphAnswer): boolean;
}

const isDone = (answer: GraphAnswer): boolean => answer.kind === 'ok';
const isDoneOrThere = (answer: GraphAnswer): boolean => isDone(answer) || isAlreadyThere(answer);
const isDoneOrGone = (answer: GraphAnswer): boolean => isDone(answer) || isMissing(answer);

/** Ids of targets that have no anchor yet, by DN: looked up once for a whole export. */
export async function resolveTargets(
  client: GraphClient,
  requests: readonly ExportRequest[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const anchors = requests
    .flatMap((r) => Object.values(r.references))
    .flatMap(({ added, removed }) => [...added, ...removed])
    .flatMap((target) => (target.anchor === undefined ? (sourceAnchorOfDn(target.dn ?? '') ?? []) : []));
  const found = new Map<string, string>();
  if (anchors.length === 0) return found;
  for (const objectClass of ['user', 'group'] as const) {
    const property = anchorProperty[objectClass];
    const options = { $select: `id,${property}` };
    for (const o of await findBy(client, collectionOf[objectClass], property, anchors, options, signal))
      found.set(String(o[property]), anchorOfId(objectClass, String(o.id)));
  }
  return found;
}

/**
 * The requests that change the references of one object. A target that is nowhere to be found is an error; with one for
 * which there is no place nothing is sent, so that the engine finds out which one it is.
 */
export function linksOf(
  client: GraphClient,
  objectClass: GraphClass,
  id: string,
  references: ExportRequest['references'],
  resolved: ReadonlyMap<string, string>,
): Links {
  const writes: LinkWrite[] = [];
  const url = (target: string) => `${client.url}/v1.0/directoryObjects/${target}`;
  for (const [name, { added, removed }] of Object.entries(references)) {
    const relation = Object.hasOwn(relations, name) ? relations[name] : undefined;
    if (relation?.of !== objectClass) return { leftOut: `${name} of a ${objectClass}` };
    const find = (target: ReferenceTarget) =>
      partsOfAnchor(target.anchor ?? resolved.get(sourceAnchorOfDn(target.dn ?? '') ?? '') ?? '');
    const missing = added.find((target) => !find(target));
    if (missing) return { refused: notFound(name, missing) };
    const to = added.map((target) => find(target)!);
    if (name !== 'member' && to.some((target) => target.class !== 'user'))
      return { leftOut: `a ${name} that is no user` };
    const from = removed.flatMap((target) => find(target)?.id ?? []);
    writes.push(
      ...(name === 'manager'
        ? managerWrites(id, ids(to), from, url)
        : listWrites(id, relation.relation, ids(to), from, url)),
    );
  }
  return { writes };
}

const ids = (list: readonly { readonly id: string }[]): string[] => list.map((one) => one.id);

const notFound = (name: string, target: ReferenceTarget): ExportError => ({
  code: 'ReferenceNotFound',
  detail: `The ${name} ${target.dn ?? target.anchor} is not in the tenant.`,
  attribute: name,
  retry: 'next-cycle',
});

/** A manager is replaced in one step; taken away only if nobody follows. */
function managerWrites(
  id: string,
  to: readonly string[],
  from: readonly string[],
  url: (id: string) => string,
): LinkWrite[] {
  const path = `/users/${id}/manager/$ref`;
  const [manager] = to;
  if (manager !== undefined) return [{ request: { method: 'PUT', path, body: { '@odata.id': url(manager) } }, isDone }];
  return from.length > 0 ? [{ request: { method: 'DELETE', path }, isDone: isDoneOrGone }] : [];
}

/** Twenty additions a request, removals one by one. The `/$ref` is what keeps a removal from deleting the object itself. */
function listWrites(
  id: string,
  relation: string,
  to: readonly string[],
  from: readonly string[],
  url: (id: string) => string,
): LinkWrite[] {
  const path = `/groups/${id}`;
  const single = (target: string): LinkWrite => ({
    request: { method: 'POST', path: `${path}/${relation}/$ref`, body: { '@odata.id': url(target) } },
    isDone: isDoneOrThere,
  });
  const add = (targets: readonly string[]): LinkWrite => ({
    request: { method: 'PATCH', path, body: { [`${relation}@odata.bind`]: targets.map(url) } },
    isDone,
    singles: targets.map(single),
  });
  return [
    ...chunked(to, mostBinds).map((part) => (part.length === 1 ? single(part[0] as string) : add(part))),
    ...from.map((target) => ({
      request: { method: 'DELETE' as const, path: `${path}/${relation}/${target}/$ref` },
      isDone: isDoneOrGone,
    })),
  ];
}

/** How many writes an export takes: members travel in twenties, removals one by one, and exchanges and photos take some more. */
export const writesOfWork = (work: ExportWork): number =>
  Math.ceil(
    work.addedReferences.reduce(
      (sum, [references, objects]) => sum + objects * Math.ceil(references / mostBinds),
      work.add + work.update + work.delete + work.removedReferences + (work.more ?? 0),
    ),
  );
