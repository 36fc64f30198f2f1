/**
 * What somebody decided about values to mend, as the table that "causeway precheck apply" takes (operations s.2.7): the
 * same columns, so that a file can go to a spreadsheet, to the owner of the objects, and back. Pure.
 */
import type { PrecheckRow } from '../../api/types.ts';

export type Action = 'EDIT' | 'REMOVE' | 'COMPLETE';
export interface Decision {
  readonly action: Action;
  readonly update: string;
}
export type Decisions = ReadonlyMap<string, Decision>;

const columns = [
  'DISTINGUISHEDNAME',
  'COMMONNAME',
  'OBJECTCLASS',
  'ATTRIBUTE',
  'ERROR',
  'VALUE',
  'UPDATE',
  'PROPOSEDACTION',
  'ACTION',
  'CONNECTOR',
  'OBJECTGUID',
  'CODE',
  'CONFIDENCE',
  'REASON',
] as const;

/** Object, attribute and value: what a decision is about. */
export const decisionKey = (dn: string, attribute: string, value: string): string =>
  JSON.stringify([dn.toLowerCase(), attribute.toLowerCase(), value]);
const keyOf = (r: PrecheckRow): string => decisionKey(r.dn, r.attribute, r.value);
export const decisionOf = (decisions: Decisions, row: PrecheckRow): Decision | undefined => decisions.get(keyOf(row));

/** The decisions with this row accepted as it is proposed, or left open again. */
export function toggled(decisions: Decisions, row: PrecheckRow): Decisions {
  const next = new Map(decisions);
  if (!next.delete(keyOf(row)) && row.action !== null)
    next.set(keyOf(row), { action: row.action, update: row.update ?? '' });
  return next;
}

/** A cell that begins like a formula gets an apostrophe, which is taken away again when the file is read. */
const formula = /^'*[\s\u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/;
const cell = (text: string): string => `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const fromCell = (text: string): string => (text.startsWith("'") && formula.test(text) ? text.slice(1) : text);

/** The table with the decisions in ACTION; with a byte order mark, as Excel wants it. */
export function tableOf(rows: readonly PrecheckRow[], decisions: Decisions): string {
  const lines = rows.map((r) => {
    const d = decisionOf(decisions, r);
    return [
      r.dn,
      r.name,
      r.type,
      r.attribute,
      r.checks.join(','),
      r.value,
      d?.update ?? r.update ?? '',
      r.action ?? '',
      d?.action ?? '',
      r.connector,
      '',
      r.code,
      r.confidence ?? '',
      r.reason,
    ]
      .map(cell)
      .join(',');
  });
  return `\ufeff${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}

/** The decisions of such a table. Throws an Error in a whole sentence if it is none, or names the line that is wrong. */
export function decisionsOf(text: string): Decisions {
  const [head = [], ...lines] = cellsOf(text.replace(/^\ufeff/, ''));
  const names = head.map((name) => name.trim().toUpperCase());
  const at = (name: (typeof columns)[number]): number => {
    const index = names.indexOf(name);
    if (index < 0) throw new Error(`The table has no column ${name}; it must be one that was saved from here.`);
    return index;
  };
  const [dn, attribute, value] = [at('DISTINGUISHEDNAME'), at('ATTRIBUTE'), at('VALUE')];
  const [update, action] = [at('UPDATE'), at('ACTION')];
  const found = new Map<string, Decision>();
  lines.forEach((line, i) => {
    const word = (line[action] ?? '').trim().toUpperCase();
    if (word === '') return;
    if (word !== 'EDIT' && word !== 'REMOVE' && word !== 'COMPLETE')
      throw new Error(`Line ${i + 2}: "${line[action]}" is no action; EDIT, REMOVE and COMPLETE are.`);
    const [d, a, v] = [dn, attribute, value].map((n) => fromCell(line[n] ?? ''));
    found.set(decisionKey(d ?? '', a ?? '', v ?? ''), { action: word, update: fromCell(line[update] ?? '') });
  });
  return found;
}

/** RFC 4180: cells in quotation marks may hold commas, line ends and doubled quotation marks. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let isQuoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || field !== '') rows.push(row);
    row = [];
    field = '';
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (isQuoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else isQuoted = false;
    } else if (c === '"') isQuoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\n') endRow();
    else if (c !== '\r') field += c;
  }
  if (field !== '' || row.length > 0) endRow();
  return rows;
}
