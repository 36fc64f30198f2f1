/** Keys by which values are looked up in an index: letter case does not matter, the kind of the value does. */
import { type Value, valueKey } from './value.ts';

export const lookupKey = (value: Value): string => (typeof value === 'string' ? value.toLowerCase() : valueKey(value));
