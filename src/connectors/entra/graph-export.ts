/**
 * Export to a real tenant: what is there is looked at first, then written in the order in which one thing depends on the
 * other: restored, made and changed, referred to (entra-directory s.5, 8.4).
 */
import type { ExportError, ExportRequest, ExportResult } from '../contract.ts';
import type { GraphAnswer, GraphClient, GraphRequest } from './graph-client.ts';
import type { AdministratorList, Administrators, GraphCompany } from './graph-company.ts';
import { heldByAdministrator, isMissing, masteredElsewhere, resultOfAnswer } from './graph-errors.ts';
import { exchangeValues, partOf, planExchanges } from './graph-exchange.ts';
import { type Extensions, settleExtensions, withoutPlace } from './graph-extensions.ts';
import { planGroupUpdate, planNewGroup } from './graph-group.ts';
import { type Fresh, Job, jobOf, leftOut, send, sendToFresh, success, withIds } from './graph-job.ts';
import { type LinkWrite, linksOf, resolveTargets } from './graph-links.ts';
import { type MatchKeys, type ObjectState, readCandidates, readStates } from './graph-match.ts';
import { sendPhotos } from './graph-photo.ts';
import type { Wish } from './graph-swap.ts';
import { checkValues, type PlanContext, planNewUser, planUserUpdate } from './graph-user.ts';

export interface Exporter {
  readonly client: GraphClient;
  readonly company: GraphCompany;
  readonly administrators: AdministratorList;
  readonly fresh: Fresh;
  /** Directory extensions that rules write and the tenant defines. */
  readonly extensions: Extensions;
  digits(count: number): string;
  password(): string;
}

/** Carries out the exports. One result a request; rejects only if the tenant cannot be read at all. */
export async function exportObjects(
  exporter: Exporter,
  requests: readonly ExportRequest[],
  signal: AbortSignal,
): Promise<ExportResult[]> {
  const results = new Map<number, ExportResult>();
  const jobs = requests.flatMap((asked) => {
    const { request, warnings, instead } = withoutPlace(asked, exporter.extensions);
    const made = jobOf(request);
    if (made instanceof Job) {
      made.warnings.push(...warnings);
      made.instead.push(...instead);
      return made;
    }
    results.set(request.id, made);
    return [];
  });
  const { client } = exporter;
  const administrators = jobs.length === 0 ? new Map() : await exporter.administrators.read(signal);
  const exchanges = await planHeld(exporter, jobs, administrators, signal);
  await planNew(exporter, jobs, administrators, signal);
  const resolved = await resolveTargets(
    client,
    jobs.filter((j) => j.isOpen).map((j) => j.request),
    signal,
  );
  for (const job of jobs) settleExtensions(job.write?.body, exporter.extensions);
  await sendPhase(exporter, jobs, 'restore', signal);
  await sendPhase(exporter, jobs, 'write', signal);
  await sendPhotos(client, jobs, exporter.fresh, signal);
  if (exchanges) await exchangeValues(client, exchanges.groups, exchanges.context, signal);
  await sendLinks(exporter, jobs, resolved, signal);
  const made = new Map(jobs.map((job) => [job.plannedId, job.id]));
  for (const job of jobs) results.set(job.request.id, job.result ?? withIds(success(job), made));
  return requests.map((request) => results.get(request.id) as ExportResult);
}

const collections = { user: 'users', group: 'groups' } as const;

/** Objects that the engine holds: whether it still may write to them, and what; and which of them exchange values. */
async function planHeld(
  exporter: Exporter,
  jobs: readonly Job[],
  administrators: Administrators,
  signal: AbortSignal,
): Promise<{ readonly groups: ReturnType<typeof planExchanges>; readonly context: PlanContext } | undefined> {
  const held = jobs.filter((job) => !job.isNew);
  for (const job of held) {
    if (job.id !== undefined) continue;
    // What the tenant never took cannot be deleted.
    if (job.request.operation === 'delete' && job.request.anchor === undefined)
      job.result = { id: job.request.id, outcome: 'success' };
    else job.fail(missing(job));
  }
  for (const objectClass of ['user', 'group'] as const) {
    const own = held.filter((job) => job.class === objectClass && job.isOpen);
    if (own.length === 0) continue;
    const states = await readStates(
      exporter.client,
      collections[objectClass],
      'id',
      own.map((j) => j.id as string),
      signal,
    );
    for (const job of own) {
      const id = job.id as string;
      admit(job, states.get(id) ?? (exporter.fresh.has(id) ? asMade(job, id) : undefined), administrators);
    }
  }
  const open = held.filter((job) => job.isOpen);
  for (const job of open) {
    if (job.request.operation === 'delete') job.write = { method: 'DELETE', path: `/${pathOf(job)}` };
  }
  const changed = open.filter((job) => job.request.operation === 'update');
  const context = await planContext(exporter, changed, administrators, signal);
  for (const job of changed) {
    const error = checkValues(job.class, job.request.attributes, context.settings);
    if (error) job.fail(error);
  }
  const groups = planExchanges(changed, context);
  const wishes = new Map(groups.flatMap((group) => group.map(({ job, wish }) => [job, wish])));
  for (const job of changed) if (job.isOpen) planUpdate(job, wishes.get(job), context);
  return groups.length === 0 ? undefined : { groups, context };
}

/** Made a moment ago, and not known yet to the copy that was asked. */
const asMade = (job: Job, id: string): ObjectState => ({
  id,
  anchor: job.sourceAnchor,
  isMasteredElsewhere: false,
  isRoleAssignable: false,
  userPrincipalName: undefined,
  mail: undefined,
});

const pathOf = (job: Job): string => `${job.class === 'user' ? 'users' : 'groups'}/${job.id}`;
const missing = (job: Job): ExportError => ({
  code: 'cd-missing-object',
  detail: `The object ${job.request.anchor ?? job.request.dn} is not in the tenant any more; the next import will say so.`,
  retry: 'next-cycle',
});

/** Refuses what another engine masters, what holds a role, and what is the engine's no more. */
function admit(job: Job, state: ObjectState | undefined, administrators: Administrators): void {
  if (!state) {
    if (job.request.operation === 'delete') job.result = { id: job.request.id, outcome: 'success' };
    else job.fail(missing(job));
    return;
  }
  const roles = administrators.get(state.id) ?? [];
  if (state.isMasteredElsewhere) job.fail(masteredElsewhere(state.id));
  else if (roles.length > 0) job.fail(heldByAdministrator(state.id, roles));
  else if (state.isRoleAssignable) job.fail(heldByAdministrator(state.id, ['a group to which roles can be assigned']));
  else if (state.anchor !== job.sourceAnchor) {
    job.fail({
      code: 'AttributeUpdateNotAllowed',
      detail: `The object ${state.id} of the tenant has the source anchor ${state.anchor ?? '(none)'} by now, not ${job.sourceAnchor}; somebody changed it in the cloud. Import again.`,
      attribute: 'SourceAnchor',
      retry: 'next-cycle',
    });
  } else job.state = state;
}

function planUpdate(job: Job, wish: Wish | undefined, context: PlanContext): void {
  const request = wish ? partOf(job.request, wish, 'others') : job.request;
  const plan =
    job.class === 'user'
      ? planUserUpdate(request, job.state as ObjectState, context)
      : { ...planGroupUpdate(job.request), instead: [] };
  job.warnings.push(...plan.warnings);
  job.instead.push(...plan.instead);
  if (Object.keys(plan.body).length > 0) job.write = { method: 'PATCH', path: `/${pathOf(job)}`, body: plan.body };
}

async function planContext(
  exporter: Exporter,
  jobs: readonly Job[],
  administrators: Administrators,
  signal: AbortSignal,
): Promise<PlanContext> {
  const users = jobs.filter((job) => job.class === 'user');
  const text = (name: string) =>
    users.flatMap(({ request }) => {
      const value = request.attributes[name];
      return typeof value === 'string' ? [value] : [];
    });
  const keys: MatchKeys = {
    anchors: users.filter((j) => j.isNew).map((j) => j.sourceAnchor),
    names: [...text('userPrincipalName'), ...text('mail')],
    addresses: [...text('mail'), ...text('userPrincipalName')],
  };
  const index = await readCandidates(exporter.client, keys, administrators, signal);
  return { settings: exporter.company.settings, index, digits: exporter.digits, password: exporter.password };
}

/** Objects that come as new: matched with what is there, then made or taken over. */
async function planNew(
  exporter: Exporter,
  jobs: readonly Job[],
  administrators: Administrators,
  signal: AbortSignal,
): Promise<void> {
  const added = jobs.filter((job) => job.isNew && job.isOpen);
  const { settings } = exporter.company;
  for (const job of added) {
    const error = checkValues(job.class, job.request.attributes, settings);
    if (error) job.fail(error);
  }
  const users = added.filter((job) => job.class === 'user' && job.isOpen);
  if (users.length > 0) {
    const context = await planContext(exporter, users, administrators, signal);
    for (const job of users) planUser(job, context);
  }
  const groups = added.filter((job) => job.class === 'group' && job.isOpen);
  if (groups.length === 0) return;
  const anchors = groups.map((job) => job.sourceAnchor);
  const states = await readStates(exporter.client, 'groups', 'uniqueName', anchors, signal);
  const byAnchor = new Map([...states.values()].map((state) => [state.anchor, state]));
  for (const job of groups) planGroup(job, byAnchor.get(job.sourceAnchor), administrators);
}

function planUser(job: Job, context: PlanContext): void {
  const plan = planNewUser(job.request, job.sourceAnchor, context);
  if ('refused' in plan) {
    job.fail(plan.refused);
    return;
  }
  job.warnings.push(...plan.warnings);
  job.instead.push(...plan.instead);
  job.plannedId = plan.plannedId;
  const { target } = plan;
  if (!target) {
    job.write = { method: 'POST', path: '/users', body: plan.body };
    return;
  }
  job.id = target.id;
  job.note =
    plan.match === 'hard'
      ? 'joined an object of the cloud with the same source anchor'
      : 'joined an object of the cloud by its address or sign-in name';
  if (target.deleted) {
    job.note = 'restored from the recycle bin of the tenant';
    const { userPrincipalName } = plan.body;
    const body = {
      autoReconcileProxyConflict: true,
      ...(userPrincipalName === undefined ? {} : { newUserPrincipalName: userPrincipalName }),
    };
    job.restore = { method: 'POST', path: `/directory/deletedItems/${target.id}/restore`, body };
  }
  job.write = { method: 'PATCH', path: `/users/${target.id}`, body: plan.body };
}

function planGroup(job: Job, state: ObjectState | undefined, administrators: Administrators): void {
  const plan = planNewGroup(job.request, job.sourceAnchor);
  if ('leftOut' in plan) {
    job.result = leftOut(job.request, plan.leftOut);
    return;
  }
  if ('refused' in plan) {
    job.fail(plan.refused);
    return;
  }
  if (state) {
    job.id = state.id;
    job.note = 'joined the group of the cloud with the same unique name';
    admit(job, state, administrators);
  }
  job.warnings.push(...plan.warnings);
  job.write = plan.write;
}

/** Sends one write of every job that has one; what fails goes no further. */
async function sendPhase(
  { client, fresh }: Exporter,
  jobs: readonly Job[],
  phase: 'restore' | 'write',
  signal: AbortSignal,
): Promise<void> {
  const sent = jobs.filter((job) => job.isOpen && job[phase] !== undefined);
  const answers = await send(
    client,
    sent.map((job) => job[phase] as GraphRequest),
    signal,
  );
  sent.forEach((job, index) => {
    const answer = answers[index] as GraphAnswer;
    if (answer.kind === 'ok') {
      const id = (answer.body as { id?: unknown } | undefined)?.id;
      if (typeof id === 'string') job.id ??= id;
      // Made, or back from the recycle bin.
      if (typeof id === 'string') fresh.add(id);
    } else if (job.request.operation !== 'delete' || !isMissing(answer)) {
      job.result = resultOfAnswer(job.request, answer);
    }
  });
  // A group that somebody else made meanwhile answers without its id: read back, as after a lost answer.
  for (const job of sent) {
    if (phase === 'write' && job.isOpen && job.id === undefined)
      job.result = { id: job.request.id, outcome: 'unknown', detail: 'The tenant did not say which object it wrote.' };
  }
}

/** References last: by now both ends are there. */
async function sendLinks(
  { client, fresh }: Exporter,
  jobs: readonly Job[],
  resolved: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const open: { readonly job: Job; readonly write: LinkWrite }[] = [];
  for (const job of jobs) {
    if (!job.isOpen || job.id === undefined || job.request.operation === 'delete') continue;
    const links = linksOf(client, job.class, job.id, job.request.references, resolved);
    if ('refused' in links) {
      job.fail(links.refused);
      continue;
    }
    if ('leftOut' in links) {
      job.result = leftOut(job.request, links.leftOut);
      continue;
    }
    for (const write of links.writes) open.push({ job, write });
  }
  for (let round = open; round.length > 0; ) {
    const requests = round.map((l) => l.write.request);
    const answers = await sendToFresh(client, requests, fresh, signal);
    const next: typeof open = [];
    round.forEach(({ job, write }, index) => {
      const answer = answers[index] as GraphAnswer;
      if (write.isDone(answer) || answer.kind === 'ok') return;
      // All or nothing: one member that is there already, or is gone, spoils the other nineteen.
      const spoiled = answer.kind === 'refused' && (answer.status === 400 || answer.status === 404);
      if (spoiled && write.singles) next.push(...write.singles.map((single) => ({ job, write: single })));
      else job.result ??= resultOfAnswer(job.request, answer);
    });
    round = next;
  }
}
