/** The parts of the reference that a test must stand for: what a table, a step or a paragraph of a section says. */

export interface ReferencePart {
  /** `4.3` */
  readonly section: string;
  /** First cell of a table row, `step 3.1`, or the beginning of a point or paragraph; without marks of emphasis. */
  readonly text: string;
}

const plain = (text: string): string => text.replace(/[`*]/g, '').replace(/\\\|/g, '|').trim();

/** A line of running text: the one after it goes on with it. */
const isParagraph = (line: string): boolean => /^(?!```)[^\s|#*]/.test(line) && !/^\d\. /.test(line);

/** The parts of sections 1 to 4 of the reference, in its order. */
export function partsOfReference(markdown: string): ReferencePart[] {
  const start = markdown.indexOf('\n## 1. ');
  const end = markdown.indexOf('\n## 5. ');
  const parts: ReferencePart[] = [];
  let section = '';
  let fenced = false;
  let before = '';
  let step = '';
  for (const line of markdown.slice(start, end).split('\n')) {
    const heading = /^### (\d\.\d) /.exec(line)?.[1];
    const add = (text: string): void => void parts.push({ section, text: plain(text) });
    if (line.startsWith('```')) fenced = !fenced;
    else if (heading !== undefined) section = heading;
    else if (fenced) {
      const number = /^\s*(\d(?:\.\d)?|[a-z])\.?\s/.exec(line)?.[1];
      // Letters are the cases of the step before them.
      if (number !== undefined && /\d/.test(number)) step = number;
      if (number !== undefined) add(`step ${/\d/.test(number) ? number : `${step} ${number}`}`);
    } else if (line.startsWith('|')) {
      const isBody = before.startsWith('|') && !/^\|[-|]+$/.test(line);
      if (isBody) add(/^\|((?:\\\||[^|])*)\|/.exec(line)?.[1] ?? '');
    } else if (line.startsWith('* ')) add(line.slice(2));
    else if (/^\d\. /.test(line)) add(`step ${line[0]}`);
    else if (/^\S/.test(line) && !line.startsWith('#') && !isParagraph(before)) add(line);
    before = line;
  }
  return parts;
}

/** The names of a cell: `givenName / surname` are two, what is in parentheses or brackets is none. */
export const namesOfCell = (cell: string): string[] =>
  cell
    .replace(/\([^()]*\)|\[[^[\]]*\]/g, '')
    .split(/[,/]/)
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
