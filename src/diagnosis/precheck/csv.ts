/**
 * CSV with the columns of IdFix and some more (operations s.2.7). Spreadsheets take a cell that begins with = + - @ for a
 * formula and run it; such a cell gets an apostrophe in front, which is taken away again when the file is read. Excel
 * hides it, others show it; either way the value comes back as it was.
 */

import { binaryAttributes } from './changes-of.ts';
import { commonName } from './exclusions.ts';
import type { Confidence, Row } from './model.ts';

export const csvColumns = [
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
export type CsvColumn = (typeof csvColumns)[number];
export type CsvRecord = Readonly<Record<CsvColumn, string>>;

/** Signs that make a formula, after white space too and in the full width that Japanese spreadsheets take as well. */
const formula = /^'*[\s\u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/;

/** The text as one cell, always in quotation marks. */
export const csvCell = (text: string): string => `"${(formula.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const fromCell = (text: string): string => (text.startsWith("'") && formula.test(text) ? text.slice(1) : text);

export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
/** With a byte order mark: otherwise Excel takes the file for one in the code page of the machine. */
export const csvHeader = (): string => `\ufeff${csvColumns.join(',')}\r\n`;

const order: Readonly<Record<Confidence, number>> = { high: 2, medium: 1, low: 0 };
export const isAtLeast = (confidence: Confidence | undefined, least: Confidence): boolean =>
  order[confidence ?? 'low'] >= order[least];

/** The lines of a row; bytes are one line a value. `accept` copies the proposal into ACTION if it is that sure. */
export function csvOfRow(row: Row, accept?: Confidence): string {
  const values = row.changes?.flatMap((c) => c.values.map((v) => (typeof v === 'string' ? v : v.base64)));
  const lines = values && binaryAttributes.has(row.attribute) ? values : [row.value];
  const update = values ? '' : (row.update ?? '');
  const proposed = row.action ?? '';
  const action = accept !== undefined && isAtLeast(row.confidence, accept) ? proposed : '';
  return lines
    .map((value) =>
      csvLine([
        row.object.dn,
        commonName(row.object),
        row.object.type,
        row.attribute,
        row.errors.join(','),
        value,
        update,
        proposed,
        action,
        row.object.connector,
        row.object.anchor ?? '',
        row.code,
        row.confidence ?? '',
        row.reason,
      ]),
    )
    .join('');
}

/** A file that is no table, or not this one. */
export class CsvError extends Error {
  readonly code = 'malformed-csv';
  override readonly name = 'CsvError';
}

const maxCells = 5_000_000;

/** The records of a file, by column, whatever the order of the columns (RFC 4180; `;` as separator too, as Excel writes it). */
export function parseCsv(text: string): { readonly line: number; readonly record: CsvRecord }[] {
  if (/^\ufffd\ufffd|\u0000/.test(text))
    throw new CsvError('The file is no text in UTF-8. Save it as "CSV UTF-8" and take that one.');
  const rows = cellsOf(text.replace(/^\ufeff/, ''));
  const [head, ...body] = rows;
  if (!head) throw new CsvError('The file is empty.');
  const columns = head.cells.map((c) => c.trim().toUpperCase());
  for (const needed of ['DISTINGUISHEDNAME', 'ATTRIBUTE', 'VALUE', 'ACTION']) {
    if (!columns.includes(needed)) {
      throw new CsvError(
        `The first line has no column ${needed}. Columns: ${columns
          .slice(0, 20)
          .map((name) => name.slice(0, 40))
          .join(', ')}.`,
      );
    }
  }
  return body
    .filter(({ cells }) => cells.some((c) => c !== ''))
    .map(({ line, cells }) => {
      if (cells.length > columns.length) {
        throw new CsvError(`Line ${line} has ${cells.length} cells where the first line has ${columns.length}.`);
      }
      const cell = (name: CsvColumn): string => fromCell(cells[columns.indexOf(name)] ?? '');
      return { line, record: Object.fromEntries(csvColumns.map((name) => [name, cell(name)])) as CsvRecord };
    });
}

function cellsOf(text: string): { readonly line: number; readonly cells: string[] }[] {
  const rows: { line: number; cells: string[] }[] = [];
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const separator = firstLine.split(';').length > firstLine.split(',').length ? ';' : ',';
  let line = 1;
  let at = 0;
  let count = 0;
  while (at < text.length) {
    const row = { line, cells: [] as string[] };
    for (;;) {
      let cell: string;
      if (text[at] === '"') {
        const start = line;
        let end = at + 1;
        for (;;) {
          end = text.indexOf('"', end);
          if (end < 0) throw new CsvError(`Line ${start}: a quotation mark is not closed.`);
          if (text[end + 1] !== '"') break;
          end += 2;
        }
        const raw = text.slice(at + 1, end);
        line += raw.split('\n').length - 1;
        cell = raw.replaceAll('""', '"');
        at = end + 1;
        if (at < text.length && !/[,;\r\n]/.test(text[at]!)) {
          throw new CsvError(`Line ${line}: something follows the closing quotation mark.`);
        }
      } else {
        const found = text.slice(at).search(separator === ',' ? /[,\r\n]/ : /[;\r\n]/);
        const end = found < 0 ? text.length : at + found;
        cell = text.slice(at, end);
        at = end;
      }
      row.cells.push(cell);
      if (++count > maxCells) throw new CsvError(`The file has more than ${maxCells} cells.`);
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    rows.push(row);
  }
  return rows;
}
