import type { TenantContext } from './context.ts';
import type { Database } from './store/database.ts';
import type { Kind } from './store/properties.ts';

/** Types that the values of a directory extension can have (Graph: extensionProperty). */
export const extensionTypes = ['Binary', 'Boolean', 'DateTime', 'Integer', 'LargeInteger', 'String'] as const;
export type ExtensionType = (typeof extensionTypes)[number];
export const extensionTargets = [
  'User',
  'Group',
  'AdministrativeUnit',
  'Application',
  'Device',
  'Organization',
] as const;
export type ExtensionTarget = (typeof extensionTargets)[number];

/** A property that an app, or synchronization, has added to a class. */
export interface ExtensionDefinition {
  readonly id: string;
  /** `extension_<app id without dashes>_<name>` */
  readonly name: string;
  readonly dataType: ExtensionType;
  readonly isMultiValued: boolean;
  readonly targets: readonly ExtensionTarget[];
  /** Who brought it: an app through Graph, synchronization, or a seed with values of it. */
  readonly origin: 'app' | 'sync' | 'seed';
}

const targetOfKind: Readonly<Partial<Record<Kind, ExtensionTarget>>> = {
  user: 'User',
  group: 'Group',
  device: 'Device',
  administrativeUnit: 'AdministrativeUnit',
  application: 'Application',
};
/** Connect registers its extensions under an app of this name (entra-directory s.5.13). */
export const schemaExtensionApp = 'Tenant Schema Extension App';

const prefix = /^extension_[0-9a-f]{32}_/i;
export const isExtensionName = (name: string): boolean => name.length > 43 && prefix.test(name);
export const extensionPrefix = (appId: string): string => `extension_${appId.replaceAll('-', '').toLowerCase()}_`;

/** Definitions by name in lower case, as the table has them; read once, and again after a transaction was undone. */
const remembered = new WeakMap<Database, { all: Map<string, ExtensionDefinition> | undefined }>();

function registry({ db }: Pick<TenantContext, 'db'>): Map<string, ExtensionDefinition> {
  let kept = remembered.get(db);
  if (!kept) {
    const fresh: { all: Map<string, ExtensionDefinition> | undefined } = { all: undefined };
    db.onRollback(() => {
      fresh.all = undefined;
    });
    remembered.set(db, fresh);
    kept = fresh;
  }
  kept.all ??= new Map(
    db
      .sql('SELECT name, id, shown, data_type, multi, targets, origin FROM extension_definition ORDER BY name')
      .all()
      .map((row) => [
        String(row.name),
        {
          id: String(row.id),
          name: String(row.shown),
          dataType: row.data_type as ExtensionType,
          isMultiValued: row.multi === 1,
          targets: JSON.parse(String(row.targets)) as ExtensionTarget[],
          origin: row.origin as ExtensionDefinition['origin'],
        },
      ]),
  );
  return kept.all;
}

/** All of them by name. */
export const extensionDefinitions = (context: TenantContext): readonly ExtensionDefinition[] =>
  [...registry(context)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, definition]) => definition);
export const extensionNamed = (context: TenantContext, name: string): ExtensionDefinition | undefined =>
  registry(context).get(name.toLowerCase());

/** The definition under this name that objects of the class can have values of. */
export function extensionOf(context: TenantContext, kind: Kind, name: string): ExtensionDefinition | undefined {
  const found = extensionNamed(context, name);
  const target = targetOfKind[kind];
  return found && target !== undefined && found.targets.includes(target) ? found : undefined;
}

/** Writes the definition, in the place of the one with its name. */
export function defineExtension(context: TenantContext, definition: ExtensionDefinition): void {
  const { id, name, dataType, isMultiValued, targets, origin } = definition;
  context.db
    .sql(
      `INSERT OR REPLACE INTO extension_definition (name, id, shown, data_type, multi, targets, origin)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(name.toLowerCase(), id, name, dataType, Number(isMultiValued), JSON.stringify(targets), origin);
  registry(context).set(name.toLowerCase(), definition);
}

/** The definition goes; values stay where they are, out of sight, and are back if it comes back. */
export function removeExtension(context: TenantContext, name: string): void {
  context.db.sql('DELETE FROM extension_definition WHERE name = ?').run(name.toLowerCase());
  registry(context).delete(name.toLowerCase());
}

/** What came with values of this class defines itself: from synchronization, or in a seed. */
export function defineByValues(
  context: TenantContext,
  kind: Kind,
  values: Readonly<Record<string, unknown>>,
  origin: 'sync' | 'seed',
): void {
  const target = targetOfKind[kind];
  if (target === undefined) return;
  for (const name in values) {
    const value = values[name];
    if (value === null || value === undefined || !isExtensionName(name)) continue;
    const known = extensionNamed(context, name);
    if (known?.targets.includes(target)) continue;
    const one = Array.isArray(value) ? value[0] : value;
    defineExtension(context, {
      id: known?.id ?? context.random.guid(),
      name: known?.name ?? name,
      dataType: known?.dataType ?? typeOf(one),
      isMultiValued: known?.isMultiValued ?? Array.isArray(value),
      targets: [...(known?.targets ?? []), target],
      origin: known?.origin ?? origin,
    });
  }
}

function typeOf(value: unknown): ExtensionType {
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'number') return 'Integer';
  if (typeof value !== 'object' || value === null) return 'String';
  if ('base64' in value) return 'Binary';
  if ('date' in value) return 'DateTime';
  return 'int' in value ? 'LargeInteger' : 'String';
}

/** A tenant that begins again forgets what came with values; apps keep what they defined. */
export function forgetExtensions(context: TenantContext): void {
  context.db.exec("DELETE FROM extension_definition WHERE origin <> 'app'");
  const kept = remembered.get(context.db);
  if (kept) kept.all = undefined;
}
