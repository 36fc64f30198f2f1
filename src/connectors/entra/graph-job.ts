/** One object on its way to a real tenant: what is known of it, what is to be sent, and what became of it. */

import type { ExportError, ExportRequest, ExportResult, Instead } from '../contract.ts';
import type { GraphAnswer, GraphClient, GraphRequest } from './graph-client.ts';
import { failure, isMissing, notOffered } from './graph-errors.ts';
import type { ObjectState } from './graph-match.ts';
import { type GraphClass, graphClass } from './graph-names.ts';
import { anchorOfId, partsOfAnchor } from './graph-read.ts';
import { plannedPrefix } from './graph-user.ts';
import { sourceAnchorOfDn } from './sync-names.ts';

/** One request on its way. */
export class Job {
  readonly request: ExportRequest;
  readonly class: GraphClass;
  readonly sourceAnchor: string;
  /** The object's id, once it is known. */
  id: string | undefined;
  /** What the tenant holds of it. */
  state: ObjectState | undefined;
  result: ExportResult | undefined;
  /** The name of a user who is being made, among those of the same export. */
  plannedId: string | undefined;
  readonly warnings: ExportError[] = [];
  readonly instead: Instead[] = [];
  note: string | undefined;
  /** Before the write: a user comes back from the recycle bin. */
  restore: GraphRequest | undefined;
  write: GraphRequest | undefined;

  constructor(request: ExportRequest, objectClass: GraphClass, sourceAnchor: string) {
    this.request = request;
    this.class = objectClass;
    this.sourceAnchor = sourceAnchor;
    this.id = request.anchor === undefined ? undefined : partsOfAnchor(request.anchor)?.id;
  }
  fail(error: ExportError): void {
    this.result ??= failure(this.request, error);
  }
  /** An update of something without an anchor is of what was left out before, and by now may be possible. */
  get isNew(): boolean {
    const { operation, anchor } = this.request;
    return operation === 'add' || (operation === 'update' && anchor === undefined);
  }
  get isOpen(): boolean {
    return this.result === undefined;
  }
}

export function jobOf(request: ExportRequest): Job | ExportResult {
  const objectClass = graphClass(request.objectType);
  if (objectClass === undefined || objectClass === 'device') return leftOut(request, `a ${request.objectType}`);
  const asked = request.attributes.sourceAnchor;
  const sourceAnchor = sourceAnchorOfDn(request.dn) ?? (typeof asked === 'string' ? asked : undefined);
  if (sourceAnchor === undefined) {
    return failure(request, {
      code: 'invalid-dn',
      detail: `${request.dn} is not a distinguished name of the tenant: it must be CN={hex of the source anchor}.`,
      retry: 'never',
    });
  }
  return new Job(request, objectClass, sourceAnchor);
}

/** The target has no place for the object: told, and nothing to try again. */
export const leftOut = (request: ExportRequest, what: string): ExportResult => ({
  id: request.id,
  outcome: 'success',
  leftOut: true,
  note: `left out: Microsoft Graph does not let an app write ${what}`,
  warnings: [notOffered(what)],
});

export function success(job: Job): ExportResult {
  return {
    id: job.request.id,
    outcome: 'success',
    ...(job.id === undefined ? {} : { anchor: anchorOfId(job.class, job.id) }),
    ...(job.note === undefined ? {} : { note: job.note }),
    ...(job.warnings.length === 0 ? {} : { warnings: job.warnings }),
    ...(job.instead.length === 0 ? {} : { instead: job.instead }),
  };
}

/** Who stood in the way may have been made by the same export; by now its id is known. */
export function withIds(result: ExportResult, made: ReadonlyMap<string | undefined, string | undefined>): ExportResult {
  const text = JSON.stringify(result);
  if (!text.includes(plannedPrefix)) return result;
  const named = text.replaceAll(new RegExp(`${plannedPrefix}\\d+`, 'g'), (planned) => made.get(planned) ?? planned);
  return JSON.parse(named) as ExportResult;
}

/** How long something new may be unknown in parts of the service, in ms, and how often a request that names it is sent. */
const spreads = 300_000;
const spreadAttempts = 4;

/** Ids of what was made a moment ago. Copies of the service hear of it at different times (entra-directory s.5.1). */
export class Fresh {
  readonly #made = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }
  add(id: string): void {
    this.#made.set(id, this.#now());
  }
  has(id: string): boolean {
    const at = this.#made.get(id);
    return at !== undefined && this.#now() - at < spreads;
  }
  isNamedIn({ path, body }: GraphRequest): boolean {
    const text = typeof body === 'string' ? path : `${path} ${JSON.stringify(body ?? '')}`;
    return [...text.matchAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g)].some(([id]) => this.has(id));
  }
}

/** The same for requests about what may have been made a moment ago: "not there" is asked again a little later. */
export async function sendToFresh(
  client: GraphClient,
  requests: readonly GraphRequest[],
  fresh: Fresh,
  signal: AbortSignal,
): Promise<GraphAnswer[]> {
  const answers = await send(client, requests, signal);
  for (let attempt = 1; attempt < spreadAttempts && !signal.aborted; attempt++) {
    const early = requests.flatMap((request, i) =>
      request.method !== 'DELETE' && isMissing(answers[i] as GraphAnswer) && fresh.isNamedIn(request) ? [i] : [],
    );
    if (early.length === 0) break;
    client.quota.busy(1000 * 2 ** attempt);
    const again = await send(
      client,
      early.map((i) => requests[i] as GraphRequest),
      signal,
    );
    early.forEach((at, i) => {
      answers[at] = again[i] as GraphAnswer;
    });
  }
  return answers;
}

/** A batch; once the run was stopped nothing leaves any more, and what did not leave is known. */
export async function send(
  client: GraphClient,
  requests: readonly GraphRequest[],
  signal: AbortSignal,
): Promise<GraphAnswer[]> {
  if (!signal.aborted) return client.batch(requests, signal);
  return requests.map(() => ({ kind: 'unreachable', detail: 'The run was stopped before this object was sent.' }));
}
