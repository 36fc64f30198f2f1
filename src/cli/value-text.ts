/** Attribute values as people read them on a terminal. */
import { isBinary, isInstant, isLargeInteger, isReference } from '../model/value.ts';
import { plain } from './output.ts';

/** Characters of a value that are shown. */
const longest = 300;

/** One value or a list, without control characters and not too long. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '(no value)';
  if (Array.isArray(value)) return value.map(valueText).join('; ');
  const text = isBinary(value)
    ? value.base64
    : isInstant(value)
      ? value.date
      : isReference(value)
        ? value.dn
        : isLargeInteger(value)
          ? value.int
          : typeof value === 'object'
            ? JSON.stringify(value)
            : String(value);
  const shown = plain(text);
  return shown.length > longest ? `${shown.slice(0, longest)}… (${text.length} characters)` : shown;
}
