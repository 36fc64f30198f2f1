/**
 * The values the cloud computes for an object instead of taking them as sent: alias, sign-in name, addresses, and what
 * is set aside because somebody else has it (entra-directory s.2).
 */
import type { Attributes } from '../model/value.ts';
import { type RuleError, ruleError } from './errors.ts';
import { addressKey, isSmtp } from './keys.ts';
import { addressesOf, type CloudObject, type DirectoryIndex, provisioningErrorsOf, textOf } from './objects.ts';
import {
  calculateMailNickname,
  calculateProxyAddresses,
  type DroppedAddress,
  type ProxyResult,
} from './proxy-calculation.ts';
import {
  type ConflictScene,
  nameInInitialDomain,
  placeholderUpn,
  provisioningErrors,
  type QuarantinedValue,
  refuseConflicts,
} from './quarantine.ts';
import type { RuleContext, RuleSettings } from './settings.ts';
import { textsOf, textValue } from './shadow.ts';
import { note, type Trace } from './trace.ts';
import { addressConflict, type Conflict, canBeSetAside, isAddressFree, upnConflict } from './uniqueness.ts';
import { calculateUserPrincipalName, decideUpnChange } from './user-principal-name.ts';

export interface ComputeRequest extends ConflictScene {
  /** What the directory sent, as it will be stored. */
  readonly shadow: Attributes;
  /** The object as it is; undefined for a new one. */
  readonly target?: CloudObject | undefined;
  /** Whether the directory's own value differs from the one before. */
  readonly upnChanged: boolean;
  readonly aliasChanged: boolean;
  /** `healing`: a withheld sign-in name is tried again; `domains`: every sign-in name is computed
   * anew; `licence`: addresses only. Absent: the directory sent something. */
  readonly occasion?: 'healing' | 'domains' | 'licence';
}

export interface ComputedValues {
  /** Graph properties; undefined is no value. */
  readonly graph: Readonly<Record<string, unknown>>;
  readonly moera: string | undefined;
  readonly quarantined: readonly QuarantinedValue[];
  readonly dropped: readonly DroppedAddress[];
}
export type Computed = { readonly values: ComputedValues } | { readonly error: RuleError };

interface World {
  readonly request: ComputeRequest;
  readonly index: DirectoryIndex;
  readonly settings: RuleSettings;
  readonly context: RuleContext;
  readonly trace: Trace;
}
interface Upn {
  readonly value: string | undefined;
  readonly conflict?: Conflict | undefined;
}

/** The computed values of an object, or why it is refused. */
export function computeValues(
  request: ComputeRequest,
  index: DirectoryIndex,
  settings: RuleSettings,
  context: RuleContext,
  trace: Trace,
): Computed {
  const world: World = { request, index, settings, context, trace };
  const nickname = decideNickname(request);
  const upn = request.class === 'user' ? decideUpn(world, nickname) : { value: undefined };
  if ('code' in upn) return { error: upn };
  const withheld = new Set<string>();
  const conflicts: Conflict[] = upn.conflict === undefined ? [] : [upn.conflict];
  let effectiveUpn = upn.value;
  if (upn.conflict !== undefined && settings.resiliency) {
    effectiveUpn =
      keptPlaceholder(request) ?? placeholderUpn(upn.conflict.value, request.self, index, settings, context);
    if (effectiveUpn === undefined) return { error: duplicateOfAll(request, upn.conflict) };
  }
  // Withholding an address may bring in another one, which is checked too; each round withholds at least one more.
  let proxies = calculate(world, nickname, effectiveUpn, withheld, undefined);
  for (;;) {
    const found = proxies.proxyAddresses
      .map((value) => addressConflict(value, request.self, index, settings))
      .filter((c) => c !== undefined && !withheld.has(addressKey(c.value)));
    if (found.length === 0) break;
    conflicts.push(...(found as Conflict[]));
    for (const conflict of found) withheld.add(addressKey((conflict as Conflict).value));
    proxies = calculate(world, nickname, effectiveUpn, withheld, proxies.moera);
    if (found.every((c) => !canBeSetAside(c as Conflict))) break;
  }
  const error = refuseConflicts(conflicts, request, index, settings);
  if (error !== undefined) return { error };
  return { values: assemble(world, nickname, effectiveUpn, proxies, conflicts) };
}

/** Changes only when the directory's own alias does (s.2.4). */
function decideNickname(request: ComputeRequest): string | undefined {
  const own = textValue(request.shadow, 'alias');
  const current = request.target && textOf(request.target, 'mailNickname');
  if (current === undefined) return calculateMailNickname(request.shadow);
  const takesOwn = request.write !== 'update' || request.aliasChanged;
  return takesOwn && own !== undefined ? own : current;
}

function withheldUpn(request: ComputeRequest): string | undefined {
  const errors = request.target === undefined ? [] : provisioningErrorsOf(request.target);
  return errors.find((e) => e.propertyCausingError === 'UserPrincipalName')?.value;
}

/** The sign-in name, evaluated only when the incoming one changed or something of the tenant did (s.2.4 and 2.5). */
function decideUpn(world: World, nickname: string | undefined): Upn | RuleError {
  const { request, index, settings, trace } = world;
  const current = request.target && textOf(request.target, 'userPrincipalName');
  const withheld = withheldUpn(request);
  const evaluate =
    current === undefined ||
    request.write !== 'update' ||
    request.upnChanged ||
    request.occasion === 'domains' ||
    (request.occasion === 'healing' && withheld !== undefined);
  if (!evaluate) return withheld === undefined ? { value: current } : stillWithheld(world, current, withheld);
  const sent = textValue(request.shadow, 'userPrincipalName');
  const { value: wanted, from } = calculateUserPrincipalName(sent, nickname, settings);
  if (wanted === undefined) {
    return ruleError('DataValidationFailed', {
      attribute: 'userPrincipalName',
      reason: 'It is missing and cannot be computed.',
    });
  }
  if (from === 'initial-domain')
    note(trace, '2.4 sign-in name', 'done', `${sent ?? 'Nothing sent'}: falls back to ${wanted}.`);
  if (current !== undefined && asksForChange(request) && current.toLowerCase() !== wanted.toLowerCase()) {
    const decision = decideUpnChange({ current, wanted, licence: request.target?.licence }, settings);
    if (decision.kind === 'stale') {
      note(
        trace,
        '2.5',
        'skipped',
        `The sign-in name stays ${current}: names of licensed managed users are not synchronized.`,
      );
      return { value: current };
    }
    if (decision.kind === 'refused') {
      const facts = { objectId: request.self, attribute: 'UserPrincipalName', values: decision.domains };
      return ruleError('FederatedDomainChangeError', facts);
    }
  }
  const conflict = upnConflict(wanted, request.self, index, settings);
  return { value: wanted, conflict };
}

/** The directory asks for another name, on an object whose name is in use; other occasions are the tenant's own. */
const asksForChange = (request: ComputeRequest): boolean =>
  request.occasion === undefined && request.target?.deleted !== true;

/** A name that is withheld stays so until the hourly task finds it free, whatever else changes. */
function stillWithheld(world: World, current: string | undefined, withheld: string): Upn {
  const { request, index, settings } = world;
  const conflict = upnConflict(withheld, request.self, index, settings);
  const holder = conflict?.holder ?? (request.target as CloudObject);
  return { value: current, conflict: { attribute: 'UserPrincipalName', value: withheld, holder } };
}

/** The placeholder the object has already for this very name. */
function keptPlaceholder(request: ComputeRequest): string | undefined {
  const unchanged = request.write === 'update' && !request.upnChanged && withheldUpn(request) !== undefined;
  return unchanged && request.target ? textOf(request.target, 'userPrincipalName') : undefined;
}

function calculate(
  world: World,
  nickname: string | undefined,
  upn: string | undefined,
  withheld: ReadonlySet<string>,
  moera: string | undefined,
): ProxyResult {
  const { request, index, settings, context } = world;
  const { class: objectClass, shadow, target, self } = request;
  return calculateProxyAddresses(
    {
      objectClass,
      shadow,
      userPrincipalName: upn,
      licence: target?.licence,
      moera: moera ?? moeraOf(world),
      withheld,
      allocateMoera: () =>
        nickname === undefined ? undefined : nameInInitialDomain(nickname, true, self, index, settings, context),
    },
    settings,
  );
}

/**
 * Its own, or for an object of the cloud the address it has in the initial domain. An object that was away may find it
 * taken, and gets another one.
 */
function moeraOf({ request, index, settings }: World): string | undefined {
  const { target, write } = request;
  if (target === undefined) return undefined;
  const suffix = `@${settings.initialDomain.toLowerCase()}`;
  const own =
    target.moera ??
    addressesOf(target)
      .find((value) => isSmtp(value) && value.toLowerCase().endsWith(suffix))
      ?.slice(5);
  const lost = own !== undefined && write === 'takeover' && !isAddressFree(own, request.self, index);
  return lost ? undefined : own;
}

const duplicateOfAll = (request: ComputeRequest, conflict: Conflict): RuleError =>
  ruleError('AttributeValueMustBeUnique', {
    objectId: request.self ?? request.sourceAnchor,
    conflictingObjectId: conflict.holder.id,
    attribute: conflict.attribute,
    values: [conflict.value],
  });

/** A take-over replaces what the directory has a value for; without mail data in it the cloud's addresses stay (s.1.4). */
const keepsCloudAddresses = ({ write, shadow, target }: ComputeRequest): boolean =>
  write === 'takeover' &&
  target?.onPremisesSyncEnabled === null &&
  textValue(shadow, 'mail') === undefined &&
  textsOf(shadow, 'proxyAddresses').length === 0;

function assemble(
  world: World,
  nickname: string | undefined,
  upn: string | undefined,
  proxies: ProxyResult,
  conflicts: readonly Conflict[],
): ComputedValues {
  const { request, context, trace } = world;
  const quarantined = conflicts.filter(canBeSetAside).map((conflict): QuarantinedValue => {
    const property = conflict.attribute === 'UserPrincipalName' ? 'UserPrincipalName' : 'ProxyAddresses';
    note(
      trace,
      '2.3',
      'done',
      `${property} ${conflict.value} is set aside: the ${conflict.holder.class} ${conflict.holder.id} has it.`,
    );
    return { property, value: conflict.value, heldBy: conflict.holder.id };
  });
  for (const { value, reason } of proxies.dropped) {
    if (reason !== 'withheld') note(trace, '2.2', 'done', `The address ${value} is dropped: ${reason}.`);
  }
  const before = request.target === undefined ? [] : provisioningErrorsOf(request.target);
  return {
    graph: {
      mailNickname: nickname,
      ...(keepsCloudAddresses(request) ? {} : { mail: proxies.mail, proxyAddresses: proxies.proxyAddresses }),
      ...(request.class === 'user' ? { userPrincipalName: upn } : {}),
      ...(request.class === 'group' ? { mailEnabled: proxies.mail !== undefined } : {}),
      onPremisesProvisioningErrors: provisioningErrors(quarantined, before, context.now),
    },
    moera: proxies.moera,
    quarantined,
    dropped: proxies.dropped,
  };
}
