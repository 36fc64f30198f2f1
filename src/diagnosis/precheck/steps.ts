/** Single checks of one value, as the rule sets string them together. Each gets the value as the one before left it. */

import { checkAddress, splitTyped } from './address.ts';
import { toAscii } from './characters.ts';
import type { Confidence, ErrorName, PrecheckObject } from './model.ts';

export interface StepResult {
  readonly errors: readonly ErrorName[];
  /** What the value becomes for the steps behind, and what is suggested. */
  readonly update: string;
  readonly confidence: Confidence;
  readonly reason: string;
}
export type Step = (value: string, object: PrecheckObject) => StepResult | undefined;

const plural = (n: number): string => `${n} character${n === 1 ? '' : 's'}`;

export const length =
  (limit: number): Step =>
  (value) =>
    value.length > limit
      ? {
          errors: ['Length'],
          update: cut(value, limit),
          confidence: 'low',
          reason: `It has ${plural(value.length)}; the limit is ${limit}.`,
        }
      : undefined;

/** The first characters, none of them halved; an address keeps its domain (IdFix cut that, too). */
function cut(value: string, limit: number): string {
  const at = value.lastIndexOf('@');
  const domain = at < 0 ? '' : value.slice(at);
  if (domain !== '' && domain.length < limit) return `${cut(value.slice(0, at), limit - domain.length)}${domain}`;
  const end = /[\ud800-\udbff]/.test(value[limit - 1] ?? '') ? limit - 1 : limit;
  return value.slice(0, end).trimEnd();
}

const shown = (characters: Iterable<string>): string =>
  [...new Set(characters)]
    .slice(0, 5)
    .map((c) => (/\s/.test(c) ? 'white space' : `"${c}"`))
    .join(', ');

/** Characters that must not be there; the suggestion goes without them, or is the common name if nothing is left. */
export const without =
  (bad: RegExp, what?: string): Step =>
  (value, object) => {
    const found = value.match(bad);
    if (found === null) return undefined;
    // Letters are replaced by their plain form rather than lost: Jürgen becomes Juergen, not Jrgen.
    const update = /[^\x20-\x7e]/.test(found.join('')) ? toAscii(value).replace(bad, '') : value.replace(bad, '');
    const cn = object.attributes.cn;
    return {
      errors: ['Character'],
      update: update === '' && typeof cn === 'string' ? cn : update,
      confidence: update === '' ? 'low' : 'medium',
      reason: what ?? `It must not contain ${shown(found)}.`,
    };
  };

/** A second colon in an address with a prefix. */
export const extraColon: Step = (value) => {
  const { prefix, rest } = splitTyped(value);
  if (prefix === '' || !rest.includes(':')) return undefined;
  const twice = rest.toLowerCase().startsWith(prefix.toLowerCase());
  return {
    errors: ['Character'],
    update: twice ? `${prefix}${rest.slice(prefix.length)}` : `${prefix}${rest.replaceAll(':', '')}`,
    confidence: twice ? 'high' : 'low',
    reason: twice ? `The prefix ${prefix} stands there twice.` : 'There is a second colon in it.',
  };
};

const said: Partial<Record<ErrorName, string>> = {
  TopLevelDomain: 'Its last label is no domain of the public DNS.',
  DomainPart: 'What follows the @ is no domain name.',
  LocalPart: 'What comes before the @ is no valid mailbox name.',
};

/** The mail address behind an optional prefix `smtp:`. */
export const mailAddress: Step = (value) => {
  const { kind, prefix, rest } = splitTyped(value);
  const [head, address] = kind === 'smtp' ? [prefix, rest] : ['', value];
  const problem = checkAddress(address);
  if (problem === undefined) return undefined;
  const repaired = checkAddress(problem.cleaned) === undefined;
  return {
    errors: problem.errors,
    update: `${head}${problem.cleaned}`,
    confidence: repaired ? 'medium' : 'low',
    reason: problem.errors.flatMap((e) => said[e] ?? []).join(' ') || 'It is no mail address.',
  };
};

const smtpBad = /[\s<>();,[\]"]/g;
const otherBad = /[\s<>(),[\]"]/g;
const pathBad = /[\f\n\r\t\v[\]"']/g;
const targetSmtpBad = /[\s<>();,[\]"\\]/g;
const targetOtherBad = /[\s<>(),[\]"\\]/g;

/** Characters that an address of this kind must not have, and the form of a mail address. */
export const typedAddress =
  (of: 'proxyAddresses' | 'targetAddress'): Step =>
  (value, object) => {
    const { kind, prefix, rest } = splitTyped(value);
    const target = of === 'targetAddress';
    const bad =
      kind === 'smtp'
        ? target
          ? targetSmtpBad
          : smtpBad
        : !target && (kind === 'x400' || kind === 'x500')
          ? pathBad
          : target
            ? targetOtherBad
            : otherBad;
    const characters = without(bad)(rest, object);
    if (kind !== 'smtp') return characters && { ...characters, update: `${prefix}${characters.update}` };
    const address = mailAddress(`${prefix.trim()}${characters?.update ?? rest}`, object);
    if (characters === undefined) return address;
    return {
      errors: [...characters.errors, ...(address?.errors ?? [])],
      update: address?.update ?? `${prefix}${characters.update}`,
      confidence: address?.confidence === 'low' ? 'low' : 'medium',
      reason: [characters.reason, address?.reason].filter((r) => r !== undefined).join(' '),
    };
  };
