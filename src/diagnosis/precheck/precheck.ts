/**
 * Data quality before export, successor of IdFix (operations s.2): reads all objects twice, first to learn who has which
 * value, then to judge every value. Memory grows by some thirty bytes a value, not with the objects.
 */
import { splitAddress } from '../../entra/keys.ts';
import { anchorOf, checkAnchor, checkSizes } from './anchors.ts';
import { checkCertificates } from './certificates.ts';
import { hasConfusable, skeleton } from './characters.ts';
import { checkCloud } from './cloud.ts';
import { type CheckContext, makeCheckContext, type PrecheckOptions } from './context.ts';
import { findDuplicates } from './duplicates.ts';
import { type Exclusion, exclusionOf, isInFilter, isPersonOrGroup, isRival } from './exclusions.ts';
import { makeKeyIndex } from './key-index.ts';
import { anchorKey, keysOf, nameKey, sidKey, sidOf } from './keys.ts';
import type { PrecheckObject, PrecheckSource, Problem, Row } from './model.ts';
import { checkAttribute, type ValueRule, valueRules } from './values.ts';

export interface PrecheckTotals {
  readonly objects: number;
  /** Objects that the rule set leaves alone, by reason. */
  readonly excluded: Readonly<Partial<Record<Exclusion, number>>>;
  readonly rows: number;
  readonly valuesCompared: number;
}

/** Checks everything; every problem goes to `emit` as it is found. Returns the totals. */
export function precheck(source: PrecheckSource, options: PrecheckOptions, emit: (row: Row) => void): PrecheckTotals {
  const { index, domains, objects } = learn(source, options);
  const context = makeCheckContext(options, source, index, domains);
  const rules = valueRules(context);
  const excluded: Partial<Record<Exclusion, number>> = {};
  let rows = 0;
  let done = 0;
  const put = (row: Row): void => {
    rows++;
    emit(row);
  };
  for (const object of source.objects()) {
    if (++done % 1000 === 0) options.progress?.({ step: 'check', done });
    const exclusion = exclusionOf(object, options.rules);
    if (exclusion) excluded[exclusion] = (excluded[exclusion] ?? 0) + 1;
    for (const problem of problemsOf(object, exclusion, rules, context)) put({ object, ...problem });
  }
  options.progress?.({ step: 'compare', done: 0 });
  const byAttribute = new Map(rules.map((r) => [r.rule.attribute, r]));
  for (const row of findDuplicates(context, byAttribute)) put(row);
  return { objects, excluded, rows, valuesCompared: index.size };
}

function learn(source: PrecheckSource, options: PrecheckOptions) {
  const index = makeKeyIndex(options.seed);
  const domains = new Map<string, number>();
  let objects = 0;
  for (const object of source.objects()) {
    if (++objects % 1000 === 0) options.progress?.({ step: 'read', done: objects });
    if (!isRival(exclusionOf(object, options.rules))) continue;
    for (const { key, attribute, value } of keysOf(object)) {
      index.add(key, object.id, object.identity);
      if (attribute === 'userPrincipalName') countDomain(domains, value);
    }
    const sid = sidOf(object);
    if (sid !== undefined) index.add(sidKey(sid), object.id, object.identity);
    const anchor = anchorOf(object, options.sourceAnchor);
    if (anchor !== undefined) index.add(anchorKey(anchor), object.id, object.identity);
    const name = object.attributes.displayName;
    if (typeof name === 'string' && isPersonOrGroup(object.type) && !hasConfusable(name)) {
      // Every name by itself: that two people have one name is no conflict.
      index.add(nameKey(skeleton(name)), object.id, 0);
    }
  }
  return { index, domains, objects };
}

/** Domains are counted to suggest the usual one; a directory has few of them, unless somebody is up to no good. */
function countDomain(domains: Map<string, number>, upn: string): void {
  const domain = splitAddress(upn)?.domain.toLowerCase();
  if (domain === undefined || (domains.size >= 10_000 && !domains.has(domain))) return;
  domains.set(domain, (domains.get(domain) ?? 0) + 1);
}

function* problemsOf(
  object: PrecheckObject,
  exclusion: Exclusion | undefined,
  rules: readonly ValueRule[],
  context: CheckContext,
): Generator<Problem> {
  if (exclusion === 'conflict-object') yield conflictObject(object);
  if (!isRival(exclusion) || exclusion === 'name') return;
  if (isPersonOrGroup(object.type) && isInFilter(object, context.options.rules)) {
    for (const rule of rules) yield* checkAttribute(object, rule, context);
    yield* checkName(object, context);
  }
  yield* checkAnchor(object, context);
  yield* checkCertificates(object, context);
  yield* checkSizes(object, context);
  yield* checkCloud(object, context);
}

const conflictObject = (object: PrecheckObject): Problem => ({
  errors: ['ConflictObject'],
  code: 'conflict-object',
  attribute: 'cn',
  value: typeof object.attributes.cn === 'string' ? object.attributes.cn : object.dn,
  reason: `It was made on two domain controllers at the same time and lost; its twin is ${object.dn.replace(/\\0ACNF:[0-9a-f-]+/i, '')}. Delete it, or rename it if it is somebody else.`,
});

/** A name that reads like that of another object although its letters are others. */
function* checkName(object: PrecheckObject, context: CheckContext): Generator<Problem> {
  const name = object.attributes.displayName;
  if (typeof name !== 'string' || !hasConfusable(name)) return;
  const twin = context.index.first(nameKey(skeleton(name)));
  const other = twin === undefined ? undefined : context.source.object(twin);
  const otherName = other?.attributes.displayName;
  if (!other || typeof otherName !== 'string' || skeleton(otherName) !== skeleton(name)) return;
  yield {
    errors: ['LookAlike'],
    code: 'look-alike-name',
    attribute: 'displayName',
    value: name,
    confidence: 'low',
    reason: `It reads like "${otherName}", the name of ${other.dn}, in letters of another script.`,
    root: `${object.id} looks like another`,
  };
}
