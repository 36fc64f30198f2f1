/** Reading values of the sync plane. Names come from outside, so only own members of a record count. */
import { type Attributes, type AttributeValue, isBinary, valuesOf } from '../model/value.ts';

export const propertyValue = (attributes: Attributes, name: string): AttributeValue | undefined =>
  Object.hasOwn(attributes, name) ? attributes[name] : undefined;

/** The text of a single-valued property; undefined if it is absent, empty or no text. */
export function textValue(attributes: Attributes, name: string): string | undefined {
  const value = propertyValue(attributes, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The text values of a multi-valued property. */
export const textsOf = (attributes: Attributes, name: string): readonly string[] =>
  valuesOf(propertyValue(attributes, name)).filter((v) => typeof v === 'string');

export function integerOf(attributes: Attributes, name: string): number | undefined {
  const value = propertyValue(attributes, name);
  return typeof value === 'number' ? value : undefined;
}

/** The bytes of a binary property as base64; a text is taken for base64 already. */
export function base64Of(attributes: Attributes, name: string): string | undefined {
  const value = propertyValue(attributes, name);
  if (isBinary(value)) return value.base64;
  return typeof value === 'string' && value !== '' ? value : undefined;
}
