/** The laws of the architecture (section 6), checked against what is stored. Nothing is changed. */

import { attributeDelta, parseDelta } from '../connector-space/hologram.ts';
import { canonicalText } from '../model/value.ts';
import type { MvRow } from '../store/metaverse.ts';
import type { Engine, EngineConnector } from './context.ts';
import { computeInbound, provenanceText, sourcesOf } from './inbound.ts';
import { computeOutbound, rulesFor } from './outbound.ts';
import { wrongSearchKeys } from './search-keys.ts';
import { MvView, type Provenance } from './views.ts';

export interface Violation {
  /** Number of the law. */
  readonly law: number;
  readonly what: string;
  readonly objects: readonly string[];
}

/** All violations found. Objects that wait for synchronization or are in error are left out of law 2. */
export function checkLaws(engine: Engine): Violation[] {
  return [...structure(engine), ...searchKeys(engine), ...recomputation(engine), ...references(engine)];
}

const structureChecks: readonly (readonly [law: number, what: string, sql: string])[] = [
  [
    1,
    'two objects of one connector have the same anchor',
    'SELECT anchor AS x FROM cs_object WHERE anchor IS NOT NULL GROUP BY connector, anchor HAVING count(*) > 1',
  ],
  [
    1,
    'an identity has two objects of one connector',
    'SELECT mv AS x FROM link GROUP BY mv, connector HAVING count(*) > 1',
  ],
  [1, 'a link leads to no identity', 'SELECT cs AS x FROM link WHERE mv NOT IN (SELECT id FROM mv_object)'],
  [
    1,
    'a link starts at no object',
    'SELECT cs AS x FROM link WHERE cs NOT IN (SELECT id FROM cs_object WHERE object_type IS NOT NULL)',
  ],
  [1, 'an identity has no object at all', 'SELECT id AS x FROM mv_object WHERE id NOT IN (SELECT mv FROM link)'],
  [
    2,
    'a reference starts or ends at nothing',
    'SELECT cs AS x FROM cs_reference WHERE target NOT IN (SELECT id FROM cs_object) OR cs NOT IN (SELECT id FROM cs_object)',
  ],
  [
    2,
    'a reference count is wrong',
    `SELECT c.cs AS x FROM cs_reference_count c WHERE c.count <> (SELECT count(*) FROM cs_reference r WHERE r.cs = c.cs AND r.attribute = c.attribute)
     UNION SELECT cs FROM cs_reference r WHERE NOT EXISTS (SELECT 1 FROM cs_reference_count c WHERE c.cs = r.cs AND c.attribute = r.attribute)`,
  ],
  [
    3,
    'an export waits for an object that is not there',
    'SELECT cs AS x FROM cs_export WHERE cs NOT IN (SELECT id FROM cs_object)',
  ],
];

function structure(engine: Engine): Violation[] {
  return structureChecks.flatMap(([law, what, sql]) => {
    const rows = engine.store.db.prepare(`${sql} LIMIT 20`).all() as { x: number | string }[];
    return rows.length === 0 ? [] : [{ law, what, objects: rows.map((r) => String(r.x)) }];
  });
}

/** Whoever is looked up is found: a key that is missing makes an identity a second time. */
function searchKeys(engine: Engine): Violation[] {
  const objects = wrongSearchKeys(engine);
  return objects.length === 0 ? [] : [{ law: 2, what: 'the search keys are not those of the objects', objects }];
}

/** Law 2: incremental equals full. */
function recomputation(engine: Engine): Violation[] {
  const violations: Violation[] = [];
  const note = (what: string, object: string) => violations.push({ law: 2, what, objects: [object] });
  for (let after = 0; ; ) {
    const rows = engine.store.mv.page(after, 500);
    if (rows.length === 0) return violations;
    for (const row of rows) recompute(engine, row, note);
    after = rows.at(-1)!.id;
  }
}

function recompute(engine: Engine, mv: MvRow, note: (what: string, object: string) => void): void {
  const { store } = engine;
  const links = store.mv.links(mv.id);
  if (links.some((l) => store.cs.pending(l.cs) || store.records.errorsOf(l.cs).some((e) => e.phase === 'sync'))) return;
  const { result, alive } = computeInbound(
    engine,
    mv,
    sourcesOf(engine, mv, () => true),
  );
  const name = `${mv.type} ${mv.id}`;
  if (!alive) note('nothing keeps this identity', name);
  if (canonicalText(result.values) !== mv.attributes) note('the metaverse values are not what the rules give', name);
  if (provenanceText(engine, result, JSON.parse(mv.provenance) as Provenance) !== mv.provenance)
    note('the provenance is not what the rules give', name);
  // What was on its way when it changed is computed again once it is known what became of it.
  if (store.mv.isDirty(mv.id)) return;
  const view = new MvView(store, mv);
  for (const link of links) {
    const connector = engine.byId.get(link.connector);
    if (connector?.canExport) recomputeExport(engine, view, connector, link.cs, note);
  }
}

function recomputeExport(
  engine: Engine,
  view: MvView,
  connector: EngineConnector,
  cs: number,
  note: (what: string, object: string) => void,
): void {
  const { store } = engine;
  const row = store.cs.get(cs);
  if (!row) return;
  const rules = rulesFor({ engine }, view, connector, row.object_type ?? '');
  const pending = store.exports.get(cs);
  if (rules.length === 0) {
    if (pending?.operation === 'update' && pending.state === 0) note('no rule wants the pending export', row.dn);
    return;
  }
  const { wanted, held, managed } = computeOutbound({ engine, isExporting: () => true }, view, connector, rules, row);
  if (pending?.state === 1) return;
  const expected = row.anchor === null ? wanted : attributeDelta(held, wanted, managed);
  const actual = parseDelta(pending?.attributes);
  if (canonicalText(expected as never) !== canonicalText(actual as never))
    note('the pending export is not what the rules give', row.dn);
}

/** Recomputes the pending reference exports of every connector and takes it back. */
function references(engine: Engine): Violation[] {
  const { store } = engine;
  const all = store.db.prepare(
    'SELECT cs, attribute, target, change FROM cs_export_reference WHERE state <> 1 ORDER BY cs, attribute, target',
  );
  const before = JSON.stringify(all.all());
  store.db.exec('SAVEPOINT law');
  try {
    for (const c of engine.all) store.references.recomputeConnector(c.row.id);
    const after = JSON.stringify(all.all());
    return before === after
      ? []
      : [{ law: 2, what: 'the pending reference exports are not what the rules give', objects: [] }];
  } finally {
    store.db.exec('ROLLBACK TO law; RELEASE law');
  }
}
