import { type LinkKind, linkKinds } from '../store/links.ts';
import type { Kind } from '../store/properties.ts';
import { type Sql, sql } from './filter/sql.ts';

/** Where the rows `o` of a list come from. Each object comes once; lists go in the order of sequence numbers. */
export interface Source {
  /** After `FROM`. */
  readonly from: Sql;
  /** Conditions of its own. */
  readonly where: Sql;
  /** Kinds that can occur. */
  readonly kinds: readonly Kind[];
  /** Whether the lookup table knows the objects. */
  readonly indexed: boolean;
  /** SQL of the sequence number of `o` in the table that gives the order. */
  readonly seq: 'o.seq' | 'l.target' | 'l.source';
}

/** All live objects of a kind. */
export const collection = (kind: Kind): Source => ({
  from: sql('object o'),
  where: sql('o.kind = ? AND o.deleted_at IS NULL', kind),
  kinds: [kind],
  indexed: true,
  seq: 'o.seq',
});

/** What lies in the recycle bin. */
export const recycleBin = (kind: Kind): Source => ({
  from: sql('object o'),
  where: sql('o.kind = ? AND o.deleted_at IS NOT NULL', kind),
  kinds: [kind],
  indexed: false,
  seq: 'o.seq',
});

/** Live objects that the object points to. */
export const targetsOf = (seq: number, links: readonly LinkKind[], kinds: readonly Kind[]): Source =>
  linked(seq, links, kinds, 'source', 'target');

/** Live objects that point to the object. */
export const sourcesOf = (seq: number, links: readonly LinkKind[], kinds: readonly Kind[]): Source =>
  linked(seq, links, kinds, 'target', 'source');

function linked(
  seq: number,
  links: readonly LinkKind[],
  kinds: readonly Kind[],
  from: 'source' | 'target',
  to: 'source' | 'target',
): Source {
  const numbers = links.map((kind) => linkKinds[kind]);
  if (numbers.length > 1) {
    // Two kinds of links may lead to one object, which must come once.
    return related(
      sql(`o.seq IN (SELECT ${to} FROM link WHERE ${from} = ? AND kind IN (${numbers.join(', ')}))`, seq),
      kinds,
    );
  }
  const own = related(sql(`l.${from} = ? AND l.kind = ${numbers[0]}`, seq), kinds);
  return { ...own, from: sql(`link l CROSS JOIN object o ON o.seq = l.${to}`), seq: `l.${to}` };
}

/** Members of the group and of the groups in it, to any depth. */
export const transitiveTargetsOf = (seq: number, kinds: readonly Kind[]): Source =>
  related(sql(`o.seq IN (${transitive('source', 'target')})`, seq), kinds);
/** Groups and roles that the object is in, and those that these are in. */
export const transitiveSourcesOf = (seq: number, kinds: readonly Kind[]): Source =>
  related(sql(`o.seq IN (${transitive('target', 'source')})`, seq), kinds);

/** Units are reached from their members themselves, never through a group (entra-directory s.4.3). */
const transitive = (from: 'source' | 'target', to: 'source' | 'target'): string =>
  `WITH RECURSIVE reached(seq) AS (SELECT ${to} FROM link WHERE ${from} = ? AND kind IN (${linkKinds.member}, ${linkKinds.unitMember})
   UNION SELECT l.${to} FROM reached r JOIN link l ON l.${from} = r.seq AND l.kind = ${linkKinds.member}) SELECT seq FROM reached`;

function related(where: Sql, kinds: readonly Kind[]): Source {
  const kindList = kinds.map((kind) => `'${kind}'`).join(', ');
  return {
    from: sql('object o'),
    where: { text: `o.deleted_at IS NULL AND o.kind IN (${kindList}) AND ${where.text}`, values: where.values },
    kinds,
    indexed: true,
    seq: 'o.seq',
  };
}
