/** The tables of docs/entra-rules.md, made from the tables the rules work with. A test compares them. */
import { type CatalogueEntry, errorCatalogue } from './error-catalogue.ts';
import { features } from './features.ts';
import { properties } from './properties.ts';

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(row)].join('\n');

/** Code, numbers, category, retry, title and fix of every error. */
export function errorTable(): string {
  const numbers = (entry: CatalogueEntry) =>
    [entry.numericCode, entry.literal].filter((n) => n !== undefined).join(', ');
  return table(
    ['Code', 'Number', 'Category', 'Tried again', 'What it is', 'What to do'],
    Object.entries(errorCatalogue).map(([code, e]) => [`\`${code}\``, numbers(e), e.category, e.retry, e.title, e.fix]),
  );
}

/** Features of the tenant with their bits and fresh state. */
export const featureTable = (): string =>
  table(
    ['Feature', 'Bit', 'Fresh tenant'],
    features.map((f) => [`\`${f.name}\``, f.bit?.toString() ?? '', f.fresh ? 'on' : 'off']),
  );

/** Where the properties of users go that have another name or form in Graph; of the extension attributes the first. */
export function renamedTable(): string {
  const rows = properties.flatMap((rule) => {
    const flow = rule.graph?.user;
    const renamed =
      flow !== undefined && (flow.name !== rule.name || flow.form !== 'same') && rule.type !== 'reference';
    const repeated = /^extensionAttribute(?!1$)/.test(rule.name);
    return renamed && !repeated ? [[`\`${rule.name}\``, `\`${flow.name}\``, flow.form]] : [];
  });
  return table(['Sync plane', 'Graph (user)', 'Form'], rows);
}
