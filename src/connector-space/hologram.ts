/** Views of one object at one stage, made from what is stored (names: sync-engine s.1.3). Pure. */
import { type Attributes, type AttributeValue, sameValue } from '../model/value.ts';

/** Attribute changes: a value to set, or null to clear. */
export type AttributeDelta = Readonly<Record<string, AttributeValue | null>>;

/** The attributes with a delta applied. */
export function applyDelta(base: Attributes, delta: AttributeDelta): Attributes {
  const result: Record<string, AttributeValue> = { ...base };
  for (const name of Object.keys(delta)) {
    const value = delta[name];
    if (value === null || value === undefined) delete result[name];
    else result[name] = value;
  }
  return result;
}

/** What has to be written so that `held` becomes `wanted`, looking only at the managed attributes. */
export function attributeDelta(
  held: Attributes,
  wanted: Attributes,
  managed: Iterable<string>,
): Record<string, AttributeValue | null> {
  const delta: Record<string, AttributeValue | null> = {};
  for (const name of managed) {
    const value = wanted[name];
    if (!sameValue(held[name], value)) delta[name] = value ?? null;
  }
  return delta;
}

/** The attributes of a delta that an import did not bring back as they were sent. */
export function unconfirmedAttributes(sent: AttributeDelta, imported: Attributes): string[] {
  return Object.keys(sent).filter((name) => !sameValue(sent[name] ?? undefined, imported[name]));
}

export const parseAttributes = (text: string | null): Attributes =>
  text === null ? {} : (JSON.parse(text) as Attributes);
export const parseDelta = (text: string | null | undefined): AttributeDelta =>
  text ? (JSON.parse(text) as AttributeDelta) : {};
