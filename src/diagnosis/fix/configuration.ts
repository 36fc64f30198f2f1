/** Changes one entry of a list in `causeway.yaml`; comments and the order of keys stay. */
import { isSeq, parseDocument } from 'yaml';
import { dnKey } from '../../model/dn.ts';
import { FixError } from './fix.ts';

/** The text with `from` taken out of the list at `path` and `to` put in. Throws a FixError if the list is another one. */
export function editList(
  text: string,
  path: readonly (string | number)[],
  from: string | undefined,
  to: string | undefined,
): string {
  const document = parseDocument(text);
  const list = document.getIn(path, true);
  if (list === undefined && from === undefined && to !== undefined) {
    document.setIn(path, [to]);
    return document.toString();
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
  return document.toString();
}
