/** `causeway search`, `causeway show`: objects. */
import type { Command } from 'commander';
import type { Description } from '../../diagnosis/describe.ts';
import { containing, type Hit, objectFacts, objectPage, objectQuery } from '../../service/facts/objects.ts';
import { type CliContext, CliError } from '../context.ts';
import { mark, paint, plain, table } from '../output.ts';
import { valueText } from '../value-text.ts';
import { readLimit } from './runs.ts';

interface SearchOptions {
  readonly limit: string;
  readonly cursor?: string;
  readonly type?: string;
  readonly connector?: string;
  readonly scope: string;
}

export function registerObjects(program: Command, context: () => CliContext): void {
  program
    .command('search <space> [query]')
    .description('find objects in the connector space (cs) or the metaverse (mv)')
    .option('--limit <n>', 'rows', '50')
    .option('--cursor <cursor>', 'go on after a page')
    .option('--type <type>', 'only objects of this type')
    .option('--connector <name>', 'only of this connector')
    .option('--scope <scope>', 'all, pending-import, pending-export, errors, disconnected (cs only)', 'all')
    .action((space: string, query: string | undefined, options: SearchOptions) => {
      const cli = context();
      const asked = objectQuery.safeParse({
        ...options,
        space: space.toLowerCase(),
        limit: readLimit(options.limit),
        q: query,
      });
      if (!asked.success) {
        const [issue] = asked.error.issues;
        throw new CliError(
          'bad-argument',
          issue?.path[0] === 'space'
            ? `"${space}" is neither cs (connector space) nor mv (metaverse).`
            : `--${issue?.path.map(String).join('.')}: ${issue?.message}.`,
        );
      }
      using reading = cli.reading();
      const page = objectPage(reading.store, reading.config, asked.data);
      const items =
        page.items.length === 0 && query && asked.data.space === 'mv'
          ? containing(reading.store, query, asked.data.limit)
          : page.items;
      cli.answer({ ...page, items }, () => hitsText(items, reading.isNew));
    });
  program
    .command('show <reference>')
    .description('one object with everything that belongs to it')
    .action((reference: string) => {
      const cli = context();
      using reading = cli.reading();
      const facts = objectFacts(reading.store, reference);
      cli.answer(facts, () => descriptionText(facts));
    });
}

function hitsText(hits: readonly Hit[], isNew: boolean): string {
  if (isNew) return 'There is nothing yet. "causeway sync --policy initial" reads everything.';
  if (hits.length === 0) return 'Nothing was found.';
  return table(
    ['Reference', 'Type', 'Name', 'Connector', 'DN'],
    hits.map((h) => [h.reference, h.type, h.name, h.connector ?? '', h.dn ?? '']),
  );
}

export function descriptionText(d: Description): string {
  const lines: string[] = [];
  if (d.mv) {
    lines.push(paint('bold', `Identity mv:${d.mv.id} (${d.mv.type})`));
    for (const [name, a] of Object.entries(d.mv.attributes))
      lines.push(`  ${name.padEnd(32)} ${valueText(a.value)}  ${paint('gray', plain(`${a.rule}, ${a.connector}`))}`);
    for (const [name, r] of Object.entries(d.mv.references))
      lines.push(`  ${name.padEnd(32)} ${r.count} references  ${paint('gray', plain(`${r.rule}, ${r.dn}`))}`);
  }
  for (const o of d.objects) {
    lines.push('', paint('bold', `${plain(o.connector)}: ${plain(o.dn)}`));
    lines.push(
      `  ${paint('gray', `cs:${o.id}, ${o.type ?? 'not imported'}${o.anchor ? `, anchor ${plain(o.anchor)}` : ''}${o.link ? `, ${o.link.origin} by ${plain(o.link.rule)}` : ', not linked'}`)}`,
    );
    for (const [name, value] of Object.entries(o.attributes))
      lines.push(`  ${plain(name).padEnd(32)} ${valueText(value)}`);
    for (const [name, r] of Object.entries(o.references)) {
      const more = r.count > r.sample.length ? ` and ${r.count - r.sample.length} more` : '';
      lines.push(`  ${plain(name).padEnd(32)} ${r.sample.map(plain).join('; ')}${more}`);
    }
    if (o.pendingImport) lines.push(`  ${mark('waiting')} import waits for synchronization: ${o.pendingImport.kind}`);
    if (o.pendingExport) {
      lines.push(`  ${mark('waiting')} export ${o.pendingExport.state}: ${o.pendingExport.operation}`);
      for (const [name, value] of Object.entries((o.pendingExport.attributes ?? {}) as Record<string, unknown>))
        lines.push(`      ${plain(name)}: ${value === null ? 'cleared' : valueText(value)}`);
    }
    if (o.pendingReferences > 0) lines.push(`  ${mark('waiting')} ${o.pendingReferences} references wait for export`);
    for (const e of o.errors) lines.push(`  ${mark('error')} ${plain(`${e.phase}: ${e.code}: ${e.message}`)}`);
  }
  return lines.join('\n').trimStart();
}
