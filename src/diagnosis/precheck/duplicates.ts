/**
 * Values that several identities have, whatever the attributes that hold them, across all forests: who is the rightful
 * owner, and what the others should have instead. Every holder is named once.
 */
import { splitAddress } from '../../entra/keys.ts';
import { isBinary } from '../../model/value.ts';
import { splitTyped } from './address.ts';
import { anchorAttribute, anchorOf, birthAnchor } from './anchors.ts';
import type { CheckContext } from './context.ts';
import { exclusionOf, isInFilter } from './exclusions.ts';
import { anchorKey, keysOf, sidKey, sidOf } from './keys.ts';
import type { Action, Confidence, PrecheckObject, Problem, Row } from './model.ts';
import { hasMailbox } from './rule-sets.ts';
import { checkOne, ownAddress, type ValueRule } from './values.ts';

interface Holder {
  readonly object: PrecheckObject;
  readonly attribute: string;
  readonly value: string;
}

/** The rows of all values that are held more than once. `rules` are those of the attributes that are looked at. */
export function* findDuplicates(context: CheckContext, rules: ReadonlyMap<string, ValueRule>): Generator<Row> {
  const done = new Set<string>();
  for (const ids of context.index.contested()) {
    const objects = ids.map((id) => context.source.object(id)).filter((o) => o !== undefined);
    for (const [key, holders] of byKey(objects, context)) {
      if (done.has(key) || new Set(holders.map((h) => h.object.identity)).size < 2) continue;
      done.add(key);
      yield* rowsOf(key, holders, context, rules);
    }
  }
}

/** What the objects share, by key: the index only says that there is something. */
function byKey(objects: readonly PrecheckObject[], { options }: CheckContext): Map<string, Holder[]> {
  const found = new Map<string, Holder[]>();
  const put = (key: string, holder: Holder) => {
    const list = found.get(key);
    if (list) list.push(holder);
    else found.set(key, [holder]);
  };
  for (const object of objects) {
    for (const { key, attribute, value } of keysOf(object)) put(key, { object, attribute, value });
    const sid = sidOf(object);
    if (sid !== undefined) put(sidKey(sid), { object, attribute: 'objectSid', value: sid });
    const anchor = anchorOf(object, options.sourceAnchor);
    if (anchor !== undefined) {
      put(anchorKey(anchor), { object, attribute: anchorAttribute(object, options.sourceAnchor), value: anchor });
    }
  }
  return found;
}

function* rowsOf(
  key: string,
  holders: readonly Holder[],
  context: CheckContext,
  rules: ReadonlyMap<string, ValueRule>,
): Generator<Row> {
  const kind = key.slice(0, key.indexOf(':'));
  const ranked = rank(kind, holders);
  const [owner, second] = ranked;
  if (!owner || !second) return;
  const isClear = owner.score > second.score;
  const code = codeOf(kind, ranked, holders);
  for (const { object, attribute, value } of holders) {
    const isOwner = object.identity === owner.holder.object.identity;
    if (exclusionOf(object, context.options.rules) === 'name' || !isInFilter(object, context.options.rules)) continue;
    const rival = holders.find((h) => h.object.identity !== object.identity);
    const rule = rules.get(attribute);
    const own = rule && checkOne(object, rule, value, undefined, context);
    const advice = isOwner ? keep(isClear) : give(kind, { object, attribute, value }, code, isClear, context);
    yield {
      object,
      errors: own?.errors.includes('Duplicate') ? own.errors : [...(own?.errors ?? []), 'Duplicate'],
      code,
      attribute,
      value,
      ...advice,
      reason: `${rival?.object.dn ?? 'Another object'} has it, too${rival && rival.attribute !== attribute ? ` (in ${rival.attribute})` : ''}. ${owner.why}${own && own.reason !== '' ? ` ${own.reason}` : ''}`,
      root: key,
      ...severityOf(kind),
    };
  }
}

interface Ranked {
  readonly holder: Holder;
  readonly score: number;
  readonly why: string;
}

const isEnabled = ({ attributes }: PrecheckObject): boolean =>
  (Number(attributes.userAccountControl ?? 0) & 2) === 0 || attributes.msExchRecipientTypeDetails === 2;

/** The best claim first; of equal ones the one that came first. IdFix's idea: the mail-enabled object is the rightful one. */
function rank(kind: string, holders: readonly Holder[]): Ranked[] {
  const best = new Map<number, Ranked>();
  for (const holder of holders) {
    const { object, attribute, value } = holder;
    const claims: [number, string][] = [];
    if (isEnabled(object)) claims.push([8, 'its account is enabled']);
    if (kind === 'anchor' && birthAnchor(object) === value) claims.push([16, 'the anchor is its own objectGUID']);
    if (hasMailbox(object)) claims.push([4, 'it has a mailbox']);
    else if (object.attributes.mailNickname !== undefined) claims.push([2, 'it is mail-enabled']);
    if (value.startsWith('SMTP:')) claims.push([2, 'it is its primary address']);
    else if (attribute === 'userPrincipalName' || attribute === 'mail') claims.push([1, `it is its ${attribute}`]);
    const score = claims.reduce((sum, [points]) => sum + points, 0);
    const known = best.get(object.identity);
    const why = `${object.dn} should keep it${claims.length > 0 ? `: ${claims.map(([, c]) => c).join(', ')}` : ''}.`;
    if (!known || score > known.score) best.set(object.identity, { holder, score, why });
  }
  return [...best.values()].sort((a, b) => b.score - a.score || a.holder.object.id - b.holder.object.id);
}

function codeOf(kind: string, ranked: readonly Ranked[], holders: readonly Holder[]): string {
  switch (kind) {
    case 'anchor':
      return 'duplicate-source-anchor';
    case 'sid':
      return 'duplicate-sid';
    case 'sip':
      return 'duplicate-sip';
    case 'nickname':
      return 'duplicate-mail-nickname';
  }
  const [owner, ...rest] = ranked.map((r) => r.holder.object);
  const isStale = owner !== undefined && isEnabled(owner) && rest.every((o) => !isEnabled(o));
  if (kind === 'smtp' && isStale) return 'stale-proxy-address';
  const holdersIn = (attribute: string): number =>
    new Set(holders.filter((h) => h.attribute === attribute).map((h) => h.object.identity)).size;
  if (holdersIn('proxyAddresses') > 1) return 'duplicate-proxy-address';
  if (holdersIn('userPrincipalName') === ranked.length) return 'duplicate-upn';
  return holdersIn('mail') === ranked.length ? 'duplicate-mail' : 'duplicate-proxy-address';
}

/** The cloud does not mind nicknames and targets; IdFix does (operations s.2.4, entra-directory s.2.1). */
const severityOf = (kind: string): Pick<Problem, 'severity' | 'errorCode'> =>
  kind === 'nickname' || kind === 'target'
    ? { severity: 'info' }
    : { severity: 'error', errorCode: kind === 'anchor' ? 'InvalidHardMatch' : 'AttributeValueMustBeUnique' };

interface Advice {
  readonly update?: string;
  readonly action?: Action;
  readonly confidence: Confidence;
  readonly changes?: Problem['changes'] & {};
}

const keep = (isClear: boolean): Advice => ({ action: 'COMPLETE', confidence: isClear ? 'high' : 'low' });

/** What somebody who is not the owner should have instead. */
function give(
  kind: string,
  { object, attribute, value }: Holder,
  code: string,
  isClear: boolean,
  context: CheckContext,
): Advice {
  const sure: Confidence = isClear ? 'medium' : 'low';
  if (kind === 'sid' || kind === 'target') return { confidence: 'low' };
  if (kind === 'anchor') return clearAnchor(object, attribute, isClear);
  const isStale = code === 'stale-proxy-address' && attribute !== 'userPrincipalName';
  if (isStale || (attribute === 'proxyAddresses' && !value.startsWith('SMTP:'))) {
    return { update: '', action: 'REMOVE', confidence: isStale ? 'high' : sure };
  }
  if (attribute === 'userPrincipalName' || attribute === 'mail') {
    const own = ownAddress(object, value, context);
    if (own !== undefined) return { update: own, action: 'EDIT', confidence: sure };
  }
  const update = freeVariant(kind, value, object, context);
  return update === undefined ? { confidence: 'low' } : { update, action: 'EDIT', confidence: 'low' };
}

/** A copied anchor is taken from the copy only: without it, it gets one of its own (casebook A). */
function clearAnchor(object: PrecheckObject, attribute: string, isClear: boolean): Advice {
  const value = object.attributes[attribute];
  if (attribute === 'objectGUID' || value === undefined) return { confidence: 'low' };
  const changes = isBinary(value) ? { changes: [{ operation: 'delete' as const, attribute, values: [value] }] } : {};
  return { update: '', action: 'REMOVE', confidence: isClear ? 'medium' : 'low', ...changes };
}

/** The value with the first number from 2 on that makes it free. */
function freeVariant(kind: string, value: string, object: PrecheckObject, context: CheckContext): string | undefined {
  const { prefix, rest } = splitTyped(value);
  const parts = splitAddress(rest);
  for (let n = 2; n < 100; n++) {
    const candidate = parts ? `${parts.local}${n}@${parts.domain}` : `${rest}${n}`;
    const key = `${kind}:${candidate.toLowerCase()}`;
    if (!context.index.isTaken(key, object.identity)) return `${prefix}${candidate}`;
  }
  return undefined;
}
