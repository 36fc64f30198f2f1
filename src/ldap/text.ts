/** Reading attributes of an entry. */
import type { LdapAttribute, LdapEntry } from './types.ts';

/** The attribute without options of that name, whatever its letter case; undefined if absent. */
export function attributeOf(entry: LdapEntry, name: string): LdapAttribute | undefined {
  const wanted = name.toLowerCase();
  return entry.attributes.find(
    (a) => a.options === '' && a.name.length === name.length && a.name.toLowerCase() === wanted,
  );
}

/** The values as text (UTF-8); empty if the attribute is absent or has no values. */
export const texts = (entry: LdapEntry, name: string): string[] =>
  attributeOf(entry, name)?.values.map((v) => v.toString('utf8')) ?? [];
/** The first value as text. */
export const text = (entry: LdapEntry, name: string): string | undefined =>
  attributeOf(entry, name)?.values[0]?.toString('utf8');
/** The first value: a copy, which does not keep the message it came in alive. */
export function bytes(entry: LdapEntry, name: string): Buffer | undefined {
  const value = attributeOf(entry, name)?.values[0];
  return value === undefined ? undefined : Buffer.from(value);
}
