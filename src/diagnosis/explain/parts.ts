/** The objects behind one reference, by the part they play in it. */
import type { CsRow } from '../../store/connector-space.ts';
import type { MvRow } from '../../store/metaverse.ts';
import type { Engine, EngineConnector } from '../../sync/context.ts';
import type { Found } from '../find.ts';
import type { Subject } from './model.ts';

/** The objects of an identity by the part they play. */
export interface Parts {
  readonly mv: MvRow | undefined;
  readonly sources: readonly { readonly connector: EngineConnector; readonly row: CsRow }[];
  readonly targets: readonly EngineConnector[];
  readonly subject: Subject;
}

export function partsOf(engine: Engine, reference: string, found: Found): Parts {
  const mv = found.mv === null ? undefined : engine.store.mv.get(found.mv);
  const rows = found.cs.flatMap((id) => engine.store.cs.get(id) ?? []);
  const sources = rows.flatMap((row) => {
    const connector = engine.byId.get(row.connector);
    return connector && connector.settings.connector.type !== 'entra' ? [{ connector, row }] : [];
  });
  const targets = engine.all.filter((c) => c.settings.connector.type === 'entra');
  const row = sources[0]?.row ?? rows[0];
  const values = { ...JSON.parse(row?.attributes ?? '{}'), ...JSON.parse(mv?.attributes ?? '{}') } as Record<
    string,
    unknown
  >;
  const name = [values.displayName, values.cn, values.userPrincipalName, values.accountName, row?.dn].find(
    (v) => typeof v === 'string',
  );
  const connector = row && engine.byId.get(row.connector)?.row.name;
  return {
    mv,
    sources,
    targets,
    subject: {
      reference,
      mv: found.mv,
      cs: found.cs,
      name: String(name ?? reference),
      type: mv?.type ?? row?.object_type ?? '',
      ...(connector ? { connector } : {}),
      ...(row ? { dn: row.dn } : {}),
    },
  };
}
