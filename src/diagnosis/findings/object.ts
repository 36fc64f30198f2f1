/** Objects as findings name them: who it is in the directory and in the cloud. */
import { type Attributes, isBinary, valuesOf } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { connectorOf, type DiagnosisContext, isCloud, sourceRows } from '../diagnose-context.ts';
import type { FindingObject, Role } from './finding.ts';

export const attributesOf = (row: Pick<CsRow, 'attributes'>): Attributes =>
  row.attributes === null ? {} : (JSON.parse(row.attributes) as Attributes);

export const text = (attributes: Attributes, name: string): string | undefined => {
  const value = attributes[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
export const texts = (attributes: Attributes, name: string): string[] =>
  valuesOf(attributes[name]).filter((v) => typeof v === 'string');
export const numberOf = (attributes: Attributes, name: string): number | undefined => {
  const value = attributes[name];
  return typeof value === 'number' ? value : undefined;
};

/** The object id in a cloud anchor such as `User_<id>`. */
export const cloudIdOf = (anchor: string | null): string | undefined =>
  anchor === null ? undefined : (/^(?:User|Group|Contact|Device)_(.+)$/.exec(anchor)?.[1] ?? undefined);

/** What a target object will hold once everything pending is sent. */
export function wantedAttributes(context: DiagnosisContext, row: CsRow): Attributes {
  const pending = context.store.exports.get(row.id);
  const sent = context.store.exports.unconfirmed(row.id);
  return {
    ...attributesOf(row),
    ...(sent ? (JSON.parse(sent.attributes) as Attributes) : {}),
    ...(pending && pending.operation !== 'delete' ? (JSON.parse(pending.attributes) as Attributes) : {}),
  };
}

/** The source anchor of an identity; undefined if it has none. */
export function anchorOf(context: DiagnosisContext, row: CsRow): string | undefined {
  const connector = connectorOf(context, row);
  if (connector && isCloud(connector)) return text(wantedAttributes(context, row), 'sourceAnchor');
  const link = context.store.mv.link(row.id);
  const mv = link && context.store.mv.get(link.mv);
  if (mv) return text(JSON.parse(mv.attributes) as Attributes, 'sourceAnchor');
  return anchorInDirectory(attributesOf(row));
}

/** What the source anchor of an account would be by the default rules. */
export function anchorInDirectory(attributes: Attributes): string | undefined {
  const value = attributes['mS-DS-ConsistencyGuid'] ?? attributes.objectGUID;
  return value !== undefined && isBinary(value) ? value.base64 : undefined;
}

/** The cloud object of the identity that an object belongs to. */
export function cloudRow(context: DiagnosisContext, row: CsRow): CsRow | undefined {
  const connector = connectorOf(context, row);
  if (connector && isCloud(connector)) return row;
  const link = context.store.mv.link(row.id);
  if (!link) return undefined;
  for (const l of context.store.mv.links(link.mv)) {
    const other = context.engine.byId.get(l.connector);
    if (other && isCloud(other)) return context.store.cs.get(l.cs);
  }
  return undefined;
}

/** A row as a finding names it, with what the identity is called on the other side. */
export function objectOf(
  context: DiagnosisContext,
  row: CsRow,
  role: Role,
  facts?: Readonly<Record<string, string>>,
): FindingObject {
  const connector = connectorOf(context, row);
  const isTarget = connector !== undefined && isCloud(connector);
  const attributes = isTarget ? wantedAttributes(context, row) : attributesOf(row);
  const cloud = cloudRow(context, row);
  const upn = text(attributes, 'userPrincipalName');
  const name = text(attributes, 'displayName') ?? text(attributes, 'cn');
  const anchor = anchorOf(context, row);
  const cloudId = cloudIdOf(cloud?.anchor ?? null);
  return {
    role,
    ...(connector ? { connector: connector.row.name } : {}),
    dn: row.dn,
    ...(upn === undefined ? {} : { userPrincipalName: upn }),
    ...(name === undefined ? {} : { displayName: name }),
    ...(anchor === undefined ? {} : { sourceAnchor: anchor }),
    ...(cloudId === undefined ? {} : { cloudId }),
    ...(row.object_type === null ? {} : { objectType: row.object_type }),
    ...(facts && Object.keys(facts).length > 0 ? { facts } : {}),
  };
}

/** Every side of an identity: its objects in the directories with one role, or its cloud object if it has no others. */
export function identityObjects(
  context: DiagnosisContext,
  cs: number,
  role: Role,
  facts?: Readonly<Record<string, string>>,
): FindingObject[] {
  const row = context.store.cs.get(cs);
  if (!row) return [];
  const rows = sourceRows(context, cs);
  return (rows.length > 0 ? rows : [row]).map((r) => objectOf(context, r, role, facts));
}

/** How people call several objects so that nobody takes one for the other: with the directory, or else the DN, if names are equal. */
export function namesOf(objects: readonly FindingObject[]): string[] {
  const names = objects.map(nameOf);
  const isShared = (list: readonly (string | undefined)[], at: number) => list.filter((n) => n === list[at]).length > 1;
  const withDirectory = objects.map((o, i) => `${names[i]} (${o.connector ?? 'the cloud'})`);
  return objects.map((o, i) => {
    if (!isShared(names, i)) return names[i] as string;
    if (!isShared(withDirectory, i)) return withDirectory[i] as string;
    return o.dn ?? `${names[i]} (${o.cloudId ?? ''})`;
  });
}

/** How people call an object: the sign-in name, the display name, or the DN. */
export const nameOf = (o: FindingObject): string =>
  o.userPrincipalName ?? o.displayName ?? o.dn ?? o.cloudId ?? o.name ?? 'an object';
