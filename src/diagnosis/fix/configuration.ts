/** Changes one place of `causeway.yaml`; comments and the order of keys stay. */
import { type Document, isSeq, parseDocument } from 'yaml';
import { dnKey } from '../../model/dn.ts';
import type { ConfigurationChange } from './action.ts';
import { FixError } from './fix-error.ts';

/** The text with the change made. Throws a FixError if the place is another one than the change expects. */
export function editConfiguration(text: string, change: ConfigurationChange): string {
  const { path, from, to, value } = change;
  return value === undefined ? editList(text, path, from, to) : setValue(text, path, value);
}

/** The text with another value at the path; what is missing on the way there is made. */
function setValue(text: string, path: readonly (string | number)[], value: unknown): string {
  const document = parseDocument(text);
  if (value === null) document.deleteIn(path);
  else document.setIn(path, document.createNode(value));
  return textOf(document);
}

/** The text with `from` taken out of the list at `path` and `to` put in. Throws a FixError if the list is another one. */
function editList(
  text: string,
  path: readonly (string | number)[],
  from: string | undefined,
  to: string | undefined,
): string {
  const document = parseDocument(text);
  const list = document.getIn(path, true);
  if (list === undefined && from === undefined && to !== undefined) {
    document.setIn(path, [to]);
    return textOf(document);
  }
  if (!isSeq(list)) throw new FixError('fix-refused', `The configuration has no list at ${path.join('.')}.`);
  const entries = list.toJSON() as unknown[];
  const keyOf = (entry: unknown) => (typeof entry === 'string' ? dnKey(entry) : '');
  if (from !== undefined) {
    const at = entries.findIndex((e) => keyOf(e) === dnKey(from));
    if (at < 0) throw new FixError('fix-refused', `${from} is not in the list ${path.join('.')} any more.`);
    if (to === undefined) list.delete(at);
    else list.set(at, to);
  } else if (to !== undefined && !entries.some((e) => keyOf(e) === dnKey(to))) list.add(to);
  return textOf(document);
}

/** Long texts are not folded: a line that nobody touched stays as it is. */
const textOf = (document: Pick<Document, 'toString'>): string => document.toString({ lineWidth: 0 });
