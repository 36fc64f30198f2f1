/**
 * What another configuration would change over everybody: the whole population recomputed under both, without touching anything.
 * Identities are independent of each other but for joins, so they are shared out over threads; objects without an identity come
 * afterwards, in the engine's order.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Store } from '../../store/store.ts';
import { breathe } from '../../sync/synchronize.ts';
import {
  type Crossing,
  type FlowError,
  type ForkPart,
  type Join,
  type ReferenceChange,
  Tallies,
  type Tally,
  type ValueChange,
} from './groups.ts';
import type { ForkDeletes, ForkResult } from './model.ts';
import { type ForkJob, ForkSession } from './session.ts';
import type { ForkAnswer, ForkTask, ForkWorkerData } from './worker.ts';

export interface ForkRequest {
  readonly what: 'rules' | 'scope';
  /** What the two configurations are called. */
  readonly from: string;
  readonly to: string;
  readonly store: Store;
  /** File of the store, for threads of their own; absent: everything in this thread. */
  readonly file?: string;
  readonly job: ForkJob;
  /** 0: no limit. */
  readonly deletionThreshold: number;
  /** Sentences about what the caller knows to be inexact. */
  readonly approximations?: readonly string[];
  /** Default: one for each core, at most four. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

/** Identities that a thread takes at a time: small enough for progress, large enough to cost nothing. */
const chunk = 500;

export async function forkPopulation(request: ForkRequest): Promise<ForkResult> {
  const started = performance.now();
  const parts = request.file === undefined ? await inThisThread(request) : await inThreads(request, request.file);
  return resultOf(request, parts, (performance.now() - started) / 1000);
}

async function inThisThread(request: ForkRequest): Promise<ForkPart[]> {
  const session = new ForkSession(request.store, request.job);
  const last = request.store.mv.last();
  const total = request.store.mv.count();
  let done = 0;
  for (let from = 1; from <= last; from += chunk) {
    request.signal?.throwIfAborted();
    done += session.range(from, from + chunk);
    request.progress?.(done, total);
    await breathe();
  }
  const first = session.take();
  session.settle(session.newcomers(), first.joinValues);
  return [first, session.take()];
}

/** A thread with one task at a time. */
class ForkThread {
  readonly ready: Promise<string>;
  readonly #worker: Worker;
  #settle: { resolve: (answer: ForkAnswer) => void; reject: (error: unknown) => void } | undefined;
  /** Why it answers no more. */
  #ended: { readonly reason: unknown } | undefined;

  constructor(data: ForkWorkerData) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data });
    this.#worker.on('message', (answer: ForkAnswer) => this.#settle?.resolve(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('A thread of the fork ended.')));
    this.ready = this.#next().then((a) => (a.kind === 'ready' ? a.state : ''));
  }

  #end(reason: unknown): void {
    this.#ended ??= { reason };
    this.#settle?.reject(this.#ended.reason);
  }

  #next(): Promise<ForkAnswer> {
    if (this.#ended) return Promise.reject(this.#ended.reason);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  ask(task: ForkTask): Promise<ForkAnswer> {
    const answer = this.#next();
    this.#worker.postMessage(task);
    return answer;
  }

  /** Ends the thread at once, whatever it does. */
  async stop(reason?: unknown): Promise<void> {
    if (reason !== undefined) this.#end(reason);
    await this.#worker.terminate();
  }
}

/** Threads that see one state of the store; the engine may write between two of them being started. */
async function startThreads(data: ForkWorkerData, count: number): Promise<ForkThread[]> {
  for (let attempt = 1; ; attempt++) {
    const threads = Array.from({ length: count }, () => new ForkThread(data));
    const states = await Promise.all(threads.map((t) => t.ready)).catch(async (error: unknown) => {
      await Promise.all(threads.map((t) => t.stop()));
      throw error;
    });
    if (new Set(states).size === 1 || attempt === 5) return threads;
    await Promise.all(threads.map((t) => t.stop()));
  }
}

async function inThreads(request: ForkRequest, file: string): Promise<ForkPart[]> {
  const { signal } = request;
  const count = request.threads ?? Math.min(4, availableParallelism());
  signal?.throwIfAborted();
  const threads = await startThreads({ file, job: request.job }, count);
  const abort = () => threads.forEach((t) => void t.stop(signal?.reason));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await shareOut(request, threads);
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(threads.map((t) => t.stop()));
  }
}

async function shareOut(request: ForkRequest, threads: readonly ForkThread[]): Promise<ForkPart[]> {
  const last = request.store.mv.last();
  const total = request.store.mv.count();
  let next = 1;
  let done = 0;
  let newcomers: readonly number[] = [];
  const work = async (thread: ForkThread, isFirst: boolean): Promise<void> => {
    if (isFirst) {
      const found = await thread.ask({ kind: 'newcomers' });
      if (found.kind === 'newcomers') newcomers = found.ids;
    }
    while (next <= last) {
      const from = next;
      next += chunk;
      const answer = await thread.ask({ kind: 'range', from, to: from + chunk });
      if (answer.kind === 'range') done += answer.done;
      request.progress?.(done, total);
    }
  };
  await Promise.all(threads.map((thread, i) => work(thread, i === 0)));
  const parts = await Promise.all(threads.map(takePart));
  if (newcomers.length === 0) return parts;
  const joinValues = parts.flatMap((p) => p.joinValues);
  await threads[0]!.ask({ kind: 'settle', ids: newcomers, joinValues });
  return [...parts, await takePart(threads[0]!)];
}

async function takePart(thread: ForkThread): Promise<ForkPart> {
  const answer = await thread.ask({ kind: 'take' });
  if (answer.kind !== 'part') throw new TypeError(`a fork thread answered ${answer.kind}`);
  return answer.part;
}

function resultOf(request: ForkRequest, parts: readonly ForkPart[], seconds: number): ForkResult {
  const merged = <T>(pick: (part: ForkPart) => readonly Tally<T>[]): Tally<T>[] => {
    const all = new Tallies<T>();
    for (const part of parts) all.merge(pick(part));
    return all.list();
  };
  const flat = <T extends object>(tallies: readonly Tally<T>[]) =>
    tallies.map(({ of, count, samples }) => ({ ...of, count, samples }));
  const crossings = (pick: (part: ForkPart) => readonly Tally<Crossing>[]) =>
    merged(pick).map(({ of: { connector, objectType, ...cause }, count, samples }) => ({
      connector,
      objectType,
      cause,
      count,
      samples,
    }));
  return {
    causewayFork: 1,
    created: new Date(request.job.now).toISOString(),
    what: request.what,
    from: request.from,
    to: request.to,
    identities: parts.reduce((n, p) => n + p.identities, 0),
    seconds: Math.round(seconds * 100) / 100,
    privilege: parts.flatMap((p) => p.privilege),
    entering: crossings((p) => p.entering),
    leaving: crossings((p) => p.leaving),
    joins: flat(merged<Join>((p) => p.joins)),
    values: flat(merged<ValueChange>((p) => p.values)),
    references: flat(merged<ReferenceChange>((p) => p.references)),
    errors: flat(merged<FlowError>((p) => p.errors)),
    deletes: deletesOf(parts, request.deletionThreshold),
    changedIdentities: parts.reduce((n, p) => n + p.changed, 0),
    approximations: [...(request.approximations ?? []), ...approximationsOf(request)],
  };
}

function deletesOf(parts: readonly ForkPart[], threshold: number): ForkDeletes[] {
  const counts = new Map<string, number>();
  for (const part of parts)
    for (const [name, n] of Object.entries(part.deletes)) counts.set(name, (counts.get(name) ?? 0) + n);
  return [...counts].map(([connector, count]) => ({
    connector,
    count,
    threshold,
    isOverThreshold: threshold > 0 && count > threshold,
  }));
}

/** What a recomputation from the connector space cannot know. */
function approximationsOf({ job, what }: ForkRequest): string[] {
  const notes: string[] = [];
  const read = (rules: ForkJob['after']['rules'], connector: string) =>
    new Set(rules.filter((r) => r.connector === connector && !r.disabled).flatMap((r) => attributesRead(r)));
  for (const { name, type } of job.after.connectors) {
    if (type === 'entra') continue;
    const known = read(job.before.rules, name);
    const fresh = [...read(job.after.rules, name)].filter((a) => !known.has(a)).sort();
    if (fresh.length > 0)
      notes.push(
        `${name}: the other rules read ${fresh.join(', ')}, which the imports so far did not bring if no other rule reads them; they count as absent until the next full import.`,
      );
  }
  if (what === 'scope')
    notes.push(
      'Objects that the other scope would let in were never imported, so they are not counted. A full import in staging mode shows them.',
    );
  notes.push(
    'Objects that have an identity keep it, as in the engine: a join that changes makes and breaks no links of its own; "not-made-again" tells which links only the past explains.',
  );
  return notes;
}

/** Attributes of the directory that a rule names outside of expressions, and in brackets inside of them. */
function attributesRead(rule: ForkJob['after']['rules'][number]): string[] {
  if (rule.direction === 'outbound') return [];
  const named = [...rule.scope.flat().map((c) => c.attribute), ...rule.join.flat().map((c) => c.cs)];
  const flows = rule.flows.flatMap((f) => [
    ...(f.direct === undefined ? [] : [f.direct]),
    ...[...(f.expression ?? '').matchAll(/\[([\w.;-]+)\]|ImportedValue\("([\w.;-]+)"\)/g)].map(
      (m) => m[1] ?? m[2] ?? '',
    ),
  ]);
  return [...named, ...flows].filter((name) => name !== '' && name !== 'dn');
}
