/** What is to be written for one user: matched, checked and with values replaced as the cloud itself would (entra-directory s.1 to 4). */
import { createHash } from 'node:crypto';
import { ruleError } from '../../entra/errors.ts';
import { splitAddress } from '../../entra/keys.ts';
import { matchIncoming } from '../../entra/matching.ts';
import type { MemoryIndex } from '../../entra/memory-index.ts';
import { addressesOf, type CloudObject } from '../../entra/objects.ts';
import type { RuleSettings } from '../../entra/settings.ts';
import { checkImmutableIdInGraph, checkSourceAnchor } from '../../entra/source-anchor.ts';
import { addressConflict, upnConflict } from '../../entra/uniqueness.ts';
import { calculateUserPrincipalName, needsImmutableId } from '../../entra/user-principal-name.ts';
import { validateProperty } from '../../entra/validation.ts';
import type { AttributeValue } from '../../model/value.ts';
import type { ExportError, ExportRequest, Instead } from '../contract.ts';
import { errorOfRule, heldByAdministrator, masteredElsewhere, notOffered, setAside } from './graph-errors.ts';
import type { ObjectState } from './graph-match.ts';
import { bodyOf, canWrite, type GraphClass, photoAttribute } from './graph-names.ts';
import { obstacleText } from './graph-obstacles.ts';

type Change = Readonly<Record<string, AttributeValue | null>>;

export interface UserPlan {
  /** The object that is taken over; absent: a new one is made. */
  readonly target?: CloudObject;
  readonly match?: 'hard' | 'soft';
  readonly body: Record<string, unknown>;
  readonly warnings: readonly ExportError[];
  /** Values that something is in the way of. */
  readonly instead: readonly Instead[];
  /** Stands for the id of a new user in what is told of others. */
  readonly plannedId?: string;
}
export interface PlanContext {
  readonly settings: RuleSettings;
  /** Everybody who has one of the keys. Gets what is planned, so that the next plan sees it. */
  readonly index: MemoryIndex;
  /** So many random decimal digits. */
  digits(count: number): string;
  /** A password that nobody knows. */
  password(): string;
}

/** The first thing wrong with the values, by the cloud's own rules; what cannot be written is not looked at. */
export function checkValues(
  objectClass: GraphClass,
  attributes: Change,
  settings: RuleSettings,
): ExportError | undefined {
  for (const [name, value] of Object.entries(attributes)) {
    const isPhoto = objectClass === 'user' && name === photoAttribute;
    if (!(canWrite(objectClass, name) || isPhoto) || value === null) continue;
    const error = validateProperty(name, value, objectClass, settings);
    if (error) return errorOfRule(error);
  }
  return undefined;
}

/** Warnings about attributes that the class has no writable place for. */
export const unwritable = (objectClass: GraphClass, attributes: Change): ExportError[] =>
  Object.keys(attributes)
    .filter((name) => !['sourceAnchor', 'cloudAnchor', 'dn'].includes(name))
    .filter((name) => !(objectClass === 'user' && name === photoAttribute))
    .filter((name) => !canWrite(objectClass, name) && attributes[name] !== null)
    .map((name) => notOffered(`${name} of a ${objectClass}`, name));

/** A new user, or the take-over of one that is there; or why neither is possible. */
export function planNewUser(
  request: ExportRequest,
  sourceAnchor: string,
  context: PlanContext,
): UserPlan | { readonly refused: ExportError } {
  const { settings, index } = context;
  const problem =
    checkSourceAnchor(sourceAnchor, settings.limits.sourceAnchorLength) ?? checkImmutableIdInGraph(sourceAnchor);
  if (problem)
    return { refused: errorOfRule(ruleError('DataValidationFailed', { attribute: 'sourceAnchor', reason: problem })) };
  if (typeof request.attributes.displayName !== 'string')
    return {
      refused: errorOfRule(ruleError('DataValidationFailed', { attribute: 'displayName', reason: 'It is required.' })),
    };
  const properties = matchProperties(request);
  const match = matchIncoming({ class: 'user', sourceAnchor, properties }, index, settings);
  if (match.kind === 'refused') return { refused: refusalOf(match.error, match.candidate) };
  if (match.kind === 'create') {
    const { administrator, anchored } = match;
    if (administrator) return { refused: heldByAdministrator(administrator.id, index.adminRoles(administrator.id)) };
    const refused = anchored && sameAddress(anchored, request, sourceAnchor);
    if (refused) return { refused };
    return finishUser(request, sourceAnchor, undefined, context);
  }
  const target = match.candidate;
  if (target.onPremisesSyncEnabled === true) return { refused: masteredElsewhere(target.id) };
  const roles = index.adminRoles(target.id);
  if (roles.length > 0) return { refused: heldByAdministrator(target.id, roles) };
  const plan = finishUser(request, sourceAnchor, target, context);
  return { ...plan, target, match: match.kind === 'soft' ? 'soft' : 'hard' };
}

function refusalOf(error: Parameters<typeof errorOfRule>[0], candidate: CloudObject): ExportError {
  if (candidate.onPremisesSyncEnabled === true) return masteredElsewhere(candidate.id);
  return errorOfRule(error);
}

/** The keys of a match. Proxy addresses are not known here; the mail address stands for the primary one. */
function matchProperties({ attributes }: ExportRequest): Record<string, AttributeValue> {
  const { mail, userPrincipalName } = attributes;
  return {
    ...(typeof mail === 'string' ? { mail, proxyAddresses: [`SMTP:${mail}`] } : {}),
    ...(typeof userPrincipalName === 'string' ? { userPrincipalName } : {}),
  };
}

/** Another person's object, tied to another anchor, with the same primary address: refused, not set aside (s.1.3). */
function sameAddress(anchored: CloudObject, request: ExportRequest, sourceAnchor: string): ExportError | undefined {
  const { mail } = request.attributes;
  if (typeof mail !== 'string') return undefined;
  const key = `smtp:${mail.toLowerCase()}`;
  if (!addressesOf(anchored).some((value) => value.toLowerCase() === key)) return undefined;
  const facts = {
    objectId: sourceAnchor,
    conflictingObjectId: anchored.id,
    attribute: 'ProxyAddresses',
    values: [mail],
  };
  return errorOfRule(ruleError('AttributeValueMustBeUnique', facts));
}

/** How the id of a user begins who is about to be made. */
export const plannedPrefix = 'planned-';
let planned = 0;

function finishUser(
  request: ExportRequest,
  sourceAnchor: string,
  target: CloudObject | undefined,
  context: PlanContext,
): UserPlan {
  const plan = emptyPlan(request);
  const { body } = plan;
  const held = (name: string) => (typeof target?.graph[name] === 'string' ? String(target.graph[name]) : undefined);
  const alias = aliasOf(request);
  const self = { id: target?.id, mail: held('mail') };
  settleMail(plan, self, context);
  const current = target?.deleted ? undefined : held('userPrincipalName');
  settleName(plan, { alias, self: target?.id, current, isNew: true }, context);
  if (target?.immutableId !== sourceAnchor) body.onPremisesImmutableId = sourceAnchor;
  if (target === undefined) {
    body.mailNickname ??= alias;
    body.accountEnabled ??= false;
    if (!needsImmutableId(String(body.userPrincipalName), context.settings))
      body.passwordProfile = { password: context.password(), forceChangePasswordNextSignIn: true };
    for (const [name, value] of Object.entries(body)) if (value === null) delete body[name];
  }
  const object = asPlanned(body, sourceAnchor, target);
  context.index.put(object);
  return { ...plan, plannedId: object.id };
}

interface OpenPlan {
  readonly body: Record<string, unknown>;
  readonly warnings: ExportError[];
  readonly instead: Instead[];
}
const emptyPlan = (request: ExportRequest): OpenPlan => ({
  body: bodyOf('user', request.attributes),
  warnings: unwritable('user', request.attributes),
  instead: [],
});

/** The object as it will be, so that the next one of this batch meets it. */
const asPlanned = (
  body: Record<string, unknown>,
  sourceAnchor: string,
  target: CloudObject | undefined,
): CloudObject => ({
  id: target?.id ?? `${plannedPrefix}${++planned}`,
  class: 'user',
  onPremisesSyncEnabled: target?.onPremisesSyncEnabled ?? null,
  immutableId: sourceAnchor,
  deleted: false,
  graph: {
    ...target?.graph,
    ...body,
    ...(typeof body.mail === 'string'
      ? { proxyAddresses: [...(target ? addressesOf(target) : []), `SMTP:${body.mail}`] }
      : {}),
  },
  shadow: {},
});

/** What changes on a user that the engine holds. */
export function planUserUpdate(request: ExportRequest, state: ObjectState, context: PlanContext): UserPlan {
  const plan = emptyPlan(request);
  const { id, userPrincipalName: current } = state;
  settleMail(plan, state, context);
  if ('userPrincipalName' in plan.body)
    settleName(plan, { alias: aliasOf(request, current), self: id, current, isNew: false }, context);
  return plan;
}

/** A mail address that somebody has is left out (s.2.3). */
function settleMail(
  plan: OpenPlan,
  self: { readonly id: string | undefined; readonly mail: string | undefined },
  { index, settings }: PlanContext,
): void {
  const { mail } = plan.body;
  if (typeof mail !== 'string') return;
  const conflict = addressConflict(`SMTP:${mail}`, self.id, index, settings);
  if (!conflict) return;
  delete plan.body.mail;
  const told = setAside('ProxyAddresses', `SMTP:${mail}`, conflict.holder.id);
  const obstacle = obstacleText({ kind: 'address', holder: conflict.holder.id });
  plan.warnings.push(told);
  plan.instead.push({ attribute: 'mail', became: self.mail ?? null, obstacle, told });
}

/** The sign-in name that can be written: the one asked for, one in the initial domain, or a placeholder (s.2.3, 2.4). */
function settleName(plan: OpenPlan, facts: NameFacts, context: PlanContext): void {
  const { settings, index } = context;
  const { body } = plan;
  const asked = typeof body.userPrincipalName === 'string' ? body.userPrincipalName : undefined;
  delete body.userPrincipalName;
  if (asked === undefined && !facts.isNew) return;
  const found = calculateUserPrincipalName(asked, facts.alias, settings);
  const name = found.value ?? asked ?? `${facts.alias}@${settings.initialDomain}`;
  const conflict = upnConflict(name, facts.self, index, settings);
  const prefix = (splitAddress(name)?.local ?? facts.alias).slice(0, settings.limits.upnPrefixLength - 4);
  const isReplaced = found.from === 'initial-domain' && asked !== undefined;
  const free = conflict ? `${prefix}${context.digits(4)}@${settings.initialDomain}` : name;
  // A name that was given before stays: only a name that is asked for replaces it (s.2.4).
  const became = (isReplaced || conflict) && facts.current !== undefined ? facts.current : free;
  if (became !== facts.current) body.userPrincipalName = became;
  if (isReplaced) {
    const domain = splitAddress(asked)?.domain ?? '';
    tell(plan, nameNotVerified(asked, became), became, obstacleText({ kind: 'domain', domain }));
  } else if (conflict) {
    const told = setAside('UserPrincipalName', name, conflict.holder.id);
    if (asked === undefined) plan.warnings.push(told);
    else tell(plan, told, became, obstacleText({ kind: 'name', holder: conflict.holder.id }));
  }
}
interface NameFacts {
  readonly alias: string;
  readonly self: string | undefined;
  readonly current: string | undefined;
  readonly isNew: boolean;
}

function tell(plan: OpenPlan, told: ExportError, became: string, obstacle: string): void {
  plan.warnings.push(told);
  plan.instead.push({ attribute: 'userPrincipalName', became, obstacle, told });
}

const nameNotVerified = (asked: string, name: string): ExportError => ({
  code: 'user-principal-name-not-verified',
  detail: `The domain of ${asked} is not verified in the tenant, so the user signs in as ${name}. Verify the domain, or choose another attribute with rules.userPrincipalName.`,
  attribute: 'userPrincipalName',
  value: asked,
  retry: 'never',
});

/** The alias that Graph requires: what the cloud would calculate (s.2.4), in the characters that it takes. */
function aliasOf(request: Pick<ExportRequest, 'attributes'>, current?: string): string {
  const { alias, mail, userPrincipalName, displayName } = request.attributes;
  if (typeof alias === 'string') return aliasFrom(alias);
  const prefix = (value: unknown) => (typeof value === 'string' ? splitAddress(value)?.local : undefined);
  return aliasFrom(prefix(mail) ?? prefix(userPrincipalName) ?? prefix(current) ?? String(displayName ?? 'user'));
}

/** Text as an alias: ASCII without the characters that are not allowed, at most 64 (s.4.2). */
export function aliasFrom(text: string): string {
  const plain = text.normalize('NFD').replace(/[^A-Za-z0-9._-]/g, '');
  const alias = plain.slice(0, 64).replace(/^\.+|\.+$/g, '');
  return alias === '' ? `object-${createHash('sha256').update(text).digest('hex').slice(0, 12)}` : alias;
}
