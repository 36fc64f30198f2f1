/** Whose password is owed after a run: users who were just made in the cloud, and users who became eligible. */
import type { Store } from '../../store/store.ts';

export interface DirectoryUser {
  /** Connector of the directory. */
  readonly connector: string;
  readonly objectGuid: string;
  readonly dn: string;
}
export interface Owed {
  /** Made, restored or joined in the cloud by this run: their password goes out whatever was sent before. */
  readonly exported: readonly DirectoryUser[];
  /** Something about them changed, so that those who waited may not have to any longer. */
  readonly touched: readonly DirectoryUser[];
  /** So many that not all of them are listed. */
  readonly isOverflow: boolean;
}

/** Objects that a run keeps behind one counter (sync/counters.ts). */
const kept = 5000;
/** What a run says of objects whose eligibility may be another than before. */
const touching = [
  'stage-add',
  'stage-update',
  'stage-rename',
  'stage-delete-add',
  'disconnector-joined-no-flow',
  'disconnector-joined-flow',
  'disconnector-projected-no-flow',
  'disconnector-projected-flow',
  'connector-flow',
  'connector-delete-add-processed',
  'provisioned-add-flow',
  'export-attribute-flow',
] as const;
const exporting = ['export-add', 'export-delete-add'] as const;

interface Run {
  readonly run: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** Reads the objects behind the counters of these runs. */
export function owedAfter(store: Store, connectors: ReadonlySet<string>, runs: readonly Run[]): Owed {
  const ids = new Map(
    store.records
      .connectors()
      .filter((c) => connectors.has(c.name))
      .map((c) => [c.id, c.name]),
  );
  const gather = (counters: readonly string[]) => {
    const users = new Map<string, DirectoryUser>();
    for (const { run, counters: counts } of runs) {
      for (const counter of counters.filter((name) => (counts[name] ?? 0) > 0)) {
        for (const { cs } of store.records.runObjects(run, counter, 0, kept))
          for (const user of usersOf(store, ids, cs)) users.set(user.objectGuid, user);
      }
    }
    return [...users.values()];
  };
  const exported = gather(exporting);
  const known = new Set(exported.map((u) => u.objectGuid));
  return {
    exported,
    touched: gather(touching).filter((u) => !known.has(u.objectGuid)),
    isOverflow: runs.some((r) => [...exporting, ...touching].some((name) => (r.counters[name] ?? 0) > kept)),
  };
}

/** The object itself if it is of one of the directories, and its fellows there that are the same identity. */
function usersOf(store: Store, ids: ReadonlyMap<number, string>, cs: number): DirectoryUser[] {
  const link = store.mv.link(cs);
  const all = link ? store.mv.links(link.mv).map((l) => l.cs) : [cs];
  return all.flatMap((id) => {
    const row = store.cs.get(id);
    const connector = row && ids.get(row.connector);
    if (!row || connector === undefined || row.anchor === null || row.object_type !== 'user') return [];
    return [{ connector, objectGuid: row.anchor, dn: row.dn }];
  });
}
