/**
 * Carries out exchanges of sign-in names and addresses among users of ours (entra-directory s.2.1: a value exists only
 * once). Whoever has what another one wishes lets go of it first: the name becomes a temporary one in the initial domain,
 * the address is cleared. Then everybody takes what is wished. If somebody is refused, all go back. A process that is
 * killed in between leaves names that differ from those wished, which the next cycle writes.
 */

import { splitAddress } from '../../entra/keys.ts';
import { isVerifiedDomain, type RuleSettings } from '../../entra/settings.ts';
import type { ExportRequest } from '../contract.ts';
import type { GraphAnswer, GraphClient } from './graph-client.ts';
import { resultOfAnswer } from './graph-errors.ts';
import { type Job, send } from './graph-job.ts';
import type { ObjectState } from './graph-match.ts';
import { stuckText } from './graph-obstacles.ts';
import { findExchanges, type Place, type Wish } from './graph-swap.ts';
import { type PlanContext, planUserUpdate } from './graph-user.ts';

export interface Member extends Place {
  readonly job: Job;
  readonly state: ObjectState;
}
type Group = readonly Member[];

/** The exchanges among the users that are to be changed. */
export function planExchanges(jobs: readonly Job[], context: PlanContext): Group[] {
  const asking = new Map<string, { job: Job; state: ObjectState; wish: Wish }>();
  for (const job of jobs) {
    const { state } = job;
    const wish = job.class === 'user' && job.isOpen && state ? wishOf(job.request, state, context.settings) : undefined;
    if (state && wish) asking.set(state.id, { job, state, wish });
  }
  const wishes = [...asking.values()].map(({ wish }) => wish);
  return findExchanges(wishes, context.index, context.settings).map((group) =>
    group.flatMap((place) => {
      const one = asking.get(place.wish.id);
      return one ? [{ ...one, ...place }] : [];
    }),
  );
}

const isSame = (a: string | undefined, b: string | undefined) => a?.toLowerCase() === b?.toLowerCase();

/** What the request replaces; a name in a domain that is not verified replaces nothing. */
function wishOf({ attributes }: ExportRequest, state: ObjectState, settings: RuleSettings): Wish | undefined {
  const { userPrincipalName: name, mail } = attributes;
  const domain = typeof name === 'string' ? splitAddress(name)?.domain : undefined;
  const named =
    typeof name === 'string' &&
    domain !== undefined &&
    isVerifiedDomain(settings, domain) &&
    !isSame(name, state.userPrincipalName);
  const addressed = (typeof mail === 'string' || mail === null) && !isSame(mail ?? undefined, state.mail);
  if (!named && !addressed) return undefined;
  return { id: state.id, ...(named ? { name } : {}), ...(addressed ? { mail } : {}) };
}

/** The request without what is exchanged, or with nothing else. */
export function partOf(request: ExportRequest, wish: Wish, part: 'exchanged' | 'others'): ExportRequest {
  const exchanged = new Set([
    ...(wish.name === undefined ? [] : ['userPrincipalName']),
    ...(wish.mail === undefined ? [] : ['mail']),
  ]);
  const kept = Object.entries(request.attributes).filter(([name]) => exchanged.has(name) === (part === 'exchanged'));
  return { ...request, attributes: Object.fromEntries(kept) };
}

type Body = Readonly<Record<string, unknown>>;
const bodyOf = (name: string | undefined, mail: string | null | undefined): Body => ({
  ...(name === undefined ? {} : { userPrincipalName: name }),
  ...(mail === undefined ? {} : { mail }),
});
const temporary = ({ digits, settings }: PlanContext): string => `exchanging-${digits(8)}@${settings.initialDomain}`;
const letGo = ({ gives }: Member, context: PlanContext): Body =>
  bodyOf(gives.has('name') ? temporary(context) : undefined, gives.has('mail') ? null : undefined);
const take = ({ wish }: Member): Body => bodyOf(wish.name, wish.mail);
/** Off what was taken, so that its owner can have it back. */
const giveBack = ({ wish }: Member, context: PlanContext): Body =>
  bodyOf(wish.name === undefined ? undefined : temporary(context), wish.mail === undefined ? undefined : null);
const restored = ({ wish, state }: Member): Body =>
  bodyOf(
    wish.name === undefined ? undefined : state.userPrincipalName,
    wish.mail === undefined ? undefined : (state.mail ?? null),
  );

/** Everybody's other values were written before; a group of which one was refused stays as it is. */
export async function exchangeValues(
  client: GraphClient,
  groups: readonly Group[],
  context: PlanContext,
  signal: AbortSignal,
): Promise<void> {
  const patch = (members: readonly Member[], body: (member: Member) => Body) => patchAll(client, members, body, signal);
  const [ready, others] = split(groups, (group) => group.every(({ job }) => job.isOpen));
  const left = await patch(
    ready.flat().filter(({ gives }) => gives.size > 0),
    (m) => letGo(m, context),
  );
  const [free, kept] = split(ready, (group) => group.every((m) => isFine(left.get(m))));
  const took = await patch(free.flat(), take);
  const [done, undone] = split(free, (group) => group.every((m) => isFine(took.get(m))));
  for (const group of done) for (const { job } of group) job.note ??= 'exchanged its name or address with others';
  // Whoever got no answer may have been written all the same.
  const mayHave = (answer: GraphAnswer | undefined) => answer !== undefined && answer.kind !== 'refused';
  await patch(
    undone.flat().filter((m) => mayHave(took.get(m))),
    (m) => giveBack(m, context),
  );
  const back = [...undone.flat(), ...kept.flat().filter((m) => mayHave(left.get(m)))];
  const restoredAnswers = await patch(back, restored);
  const standing: Step[] = [];
  for (const [stopped, answers] of [
    [others, new Map()],
    [kept, left],
    [undone, took],
  ] as const) {
    for (const group of stopped) {
      for (const member of group) {
        for (const answer of [answers.get(member), restoredAnswers.get(member)])
          if (answer && answer.kind !== 'ok') member.job.result ??= resultOfAnswer(member.job.request, answer);
      }
      const isRefused = group.some((m) => answers.get(m)?.kind === 'refused');
      for (const member of group) if (member.job.isOpen) standing.push(standBack(member, context, isRefused));
    }
  }
  const bodies = new Map(standing.map(({ member, body }) => [member, body]));
  const last = await patch([...bodies.keys()], (m) => bodies.get(m) ?? {});
  for (const [{ job }, answer] of last) if (answer.kind !== 'ok') job.result ??= resultOfAnswer(job.request, answer);
}

interface Step {
  readonly member: Member;
  readonly body: Body;
}
const isFine = (answer: GraphAnswer | undefined): boolean => answer === undefined || answer.kind === 'ok';

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}

async function patchAll(
  client: GraphClient,
  members: readonly Member[],
  body: (member: Member) => Body,
  signal: AbortSignal,
): Promise<Map<Member, GraphAnswer>> {
  const steps = members.map((member) => ({ member, body: body(member) })).filter((s) => Object.keys(s.body).length > 0);
  const requests = steps.map((s) => ({ method: 'PATCH', path: `/users/${s.member.state.id}`, body: s.body }) as const);
  const answers = requests.length === 0 ? [] : await send(client, requests, signal);
  return new Map(steps.map(({ member }, i) => [member, answers[i] as GraphAnswer]));
}

/** As if there were nobody to exchange with: what others have is set aside and told. */
function standBack(member: Member, context: PlanContext, isRefused: boolean): Step {
  const { job, wish, state } = member;
  const plan = planUserUpdate(partOf(job.request, wish, 'exchanged'), state, context);
  for (const one of plan.instead) {
    const detail = `${one.told.detail} That object was to give it up in exchange, and the tenant refused the exchange. Give one of them another value first, synchronize, and then the value that it is to have.`;
    const told = isRefused ? { ...one.told, detail } : one.told;
    job.warnings.push(told);
    job.instead.push({ ...one, told, obstacle: isRefused ? stuckText(one.obstacle) : one.obstacle });
  }
  return { member, body: plan.body };
}
