/** Writing LDIF (RFC 2849): everything that is not plain ASCII in base64, lines folded. */
import type { LdifAttribute, LdifControl, LdifRecord, LdifValue } from './ldif.ts';

/** How a file begins. */
export const LDIF_HEADER = 'version: 1\n\n';

/**
 * The record as text, with the empty line behind it. Lines are folded after `width` characters (default 76; 0 for never).
 */
export function formatLdif(record: LdifRecord, width = 76): string {
  const lines = [line('dn', record.dn)];
  if (record.kind === 'entry') lines.push(...attributeLines(record.attributes));
  else {
    lines.push(...record.controls.map(controlLine));
    lines.push(`changetype: ${record.kind === 'rename' ? 'modrdn' : record.kind}`);
    lines.push(...changeLines(record));
  }
  return `${lines.map((l) => fold(l, width)).join('\n')}\n\n`;
}

function changeLines(record: Exclude<LdifRecord, { kind: 'entry' }>): string[] {
  switch (record.kind) {
    case 'add':
      return attributeLines(record.attributes);
    case 'delete':
      return [];
    case 'modify':
      return record.changes.flatMap(({ operation, attribute, values }) => [
        line(operation, attribute),
        ...values.map((value) => line(attribute, value)),
        '-',
      ]);
    case 'rename':
      return [
        line('newrdn', record.newRdn),
        line('deleteoldrdn', record.deleteOldRdn ? '1' : '0'),
        ...(record.newSuperior === undefined ? [] : [line('newsuperior', record.newSuperior)]),
      ];
  }
}

const attributeLines = (attributes: readonly LdifAttribute[]): string[] =>
  attributes.flatMap(({ name, values }) => values.map((value) => line(name, value)));

/** RFC 2849, note 8: control values look like attribute values behind the criticality. */
function controlLine({ oid, critical, value }: LdifControl): string {
  return `control: ${oid} ${critical}${value === undefined ? '' : line('', value)}`;
}

function line(name: string, value: LdifValue): string {
  if (typeof value === 'string') {
    if (isSafe(value)) return value === '' ? `${name}:` : `${name}: ${value}`;
    return `${name}:: ${Buffer.from(value).toString('base64')}`;
  }
  return `${name}:: ${value.toString('base64')}`;
}

/** SAFE-STRING of RFC 2849, without a space at the end (note 8), without control characters that editors would change. */
const isSafe = (value: string): boolean => /^(?:[!-9;=-~](?:[ -~]*[!-~])?)?$/.test(value);

function fold(text: string, width: number): string {
  if (width === 0 || text.length <= width) return text;
  const parts = [text.slice(0, width)];
  for (let at = width; at < text.length; at += width - 1) parts.push(text.slice(at, at + width - 1));
  return parts.join('\n ');
}
