/** Puts rules in one order and numbers them (sync-engine s.2.8). */
import type { RuleProblem } from './compiled.ts';
import { suggestion } from './nearest-name.ts';
import { isTag, type PlacedEntry } from './rule-entry.ts';

/** Lowest number of an out-of-box rule; custom rules are numbered below it. */
export const firstOutOfBox = 100;

/** An entry in its place; `number` absent: numbered on from `firstOutOfBox`. */
export interface OrderedEntry {
  readonly placed: PlacedEntry;
  readonly number?: number;
}

/**
 * All entries, best precedence first. Custom rules with a number come first by number; a custom rule that names its
 * neighbour or the rule it replaces stands right there, and the out-of-box rules behind it are numbered on.
 */
export function orderEntries(
  outOfBox: readonly PlacedEntry[],
  custom: readonly PlacedEntry[],
  problems: RuleProblem[],
): readonly OrderedEntry[] {
  const mayUseAll = outOfBox.length === 0;
  const numbered: OrderedEntry[] = [];
  let floating: PlacedEntry[] = [];
  for (const placed of custom) {
    const { precedence } = placed.entry;
    if (precedence === undefined) floating.push(placed);
    else {
      checkNumber(placed, precedence, mayUseAll, problems);
      numbered.push({ placed, number: precedence });
    }
  }
  numbered.sort((a, b) => (a.number as number) - (b.number as number));
  const shipped = [...outOfBox].sort((a, b) => (a.entry.precedence ?? 0) - (b.entry.precedence ?? 0));
  const order: OrderedEntry[] = [...numbered, ...shipped.map((placed) => ({ placed }))];
  // A rule may name one that is itself placed by its neighbour, so go on as long as somebody finds a place.
  while (floating.length > 0) {
    const left = floating.filter((placed) => !insert(placed, order, floating));
    if (left.length === floating.length) break;
    floating = left;
  }
  for (const placed of floating) problems.push(unplaced(placed, order));
  return order;
}

function checkNumber(placed: PlacedEntry, number: number, mayUseAll: boolean, problems: RuleProblem[]): void {
  const last = mayUseAll ? 1_000_000 : firstOutOfBox - 1;
  if (number >= 1 && number <= last) return;
  const message = `The precedence of a custom rule is from 1 to ${last}, not ${number}. To stand among the out-of-box rules use precedenceBefore or precedenceAfter.`;
  const { entry, file, line } = placed;
  problems.push({ code: 'invalid-precedence', message, rule: entry.name, file, line });
}

const anchorOf = ({ entry }: PlacedEntry): string | undefined =>
  entry.precedenceBefore ?? entry.precedenceAfter ?? entry.replaces;

/** Puts the entry beside its anchor; false if the anchor is not there (yet). */
function insert(placed: PlacedEntry, order: OrderedEntry[], floating: readonly PlacedEntry[]): boolean {
  const anchor = anchorOf(placed);
  if (anchor === undefined) return false;
  const place = order.findIndex(({ placed: other }) => isMeant(other, anchor));
  if (place < 0) return false;
  const after = placed.entry.precedenceBefore === undefined && placed.entry.precedenceAfter !== undefined;
  // Several rules behind one anchor keep the order in which they are written.
  let behind = place + 1;
  while (after && order[behind] !== undefined && floating.includes((order[behind] as OrderedEntry).placed)) behind++;
  const number = (order[place] as OrderedEntry).number;
  order.splice(after ? behind : place, 0, { placed, ...(number === undefined ? {} : { number }) });
  return true;
}

const isMeant = ({ entry }: PlacedEntry, anchor: string): boolean => isTag(entry.tag, anchor) || entry.name === anchor;

function unplaced({ entry, file, line }: PlacedEntry, order: readonly OrderedEntry[]): RuleProblem {
  const anchor = anchorOf({ entry, file, line, flowLine: () => line });
  const common = { rule: entry.name, file, line };
  if (anchor === undefined) {
    const message = `The rule needs a precedence from 1 to ${firstOutOfBox - 1}, or precedenceBefore, precedenceAfter or replaces.`;
    return { ...common, code: 'invalid-precedence', message };
  }
  const known = order.flatMap(({ placed }) => [placed.entry.name, ...(placed.entry.tag ? [placed.entry.tag] : [])]);
  return { ...common, code: 'unknown-rule', message: `There is no rule "${anchor}".${suggestion(anchor, known)}` };
}
