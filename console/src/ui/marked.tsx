/** Two values that differ in single characters: what differs is marked, and what a screen would not show is spelled. */
import { visible } from './text.ts';

/** `text` with the characters marked that `other` does not have at that place. */
export function Marked(props: { text: string; other: string | null }) {
  const pieces = piecesOf(props.text, props.other ?? props.text);
  return (
    <>
      {pieces.map((p, i) =>
        p.isMarked ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a value never change places
          <mark key={i} title={[...p.text].map(codeOf).join(' ')}>
            {[...p.text].map(visible).join('')}
          </mark>
        ) : (
          p.text
        ),
      )}
    </>
  );
}

const codeOf = (c: string): string => `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

interface Piece {
  readonly text: string;
  readonly isMarked: boolean;
}

/** What both begin and end with is plain; in the middle, equal characters at equal places if the lengths agree. */
function piecesOf(text: string, other: string): Piece[] {
  const a = [...text];
  const b = [...other];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const middle = a.slice(head, a.length - tail);
  const isAligned = a.length === b.length;
  const pieces: Piece[] = [];
  const push = (c: string, isMarked: boolean) => {
    const last = pieces.at(-1);
    if (last?.isMarked === isMarked) pieces[pieces.length - 1] = { text: last.text + c, isMarked };
    else pieces.push({ text: c, isMarked });
  };
  for (const c of a.slice(0, head)) push(c, visible(c) !== c);
  middle.forEach((c, i) => {
    push(c, visible(c) !== c || !(isAligned && b[head + i] === c));
  });
  for (const c of tail === 0 ? [] : a.slice(-tail)) push(c, visible(c) !== c);
  return pieces;
}
