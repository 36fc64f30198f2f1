/** Attributes of an identity with what they are made of and what is made of them, as rows of a table. Pure. */
import type { AttributeValue, Carried, CsObject, Description, LineageFacts } from '../../api/types.ts';

/** One value at one station. */
export interface Entry {
  /** Named when it is not the name of the row. */
  readonly name: string;
  readonly value: AttributeValue | undefined;
  readonly references?: number;
  readonly pending?: AttributeValue | null;
}
export interface Row {
  readonly name: string;
  /** Cells of the source objects, in order. */
  readonly sources: readonly (readonly Entry[])[];
  readonly identity: Entry | undefined;
  readonly rule: { readonly name: string; readonly id: string; readonly connector: string } | undefined;
  readonly targets: readonly (readonly Entry[])[];
}

export const isTarget = (o: CsObject): boolean => o.connectorType === 'entra';

function entryOf(o: CsObject, name: string): Entry | undefined {
  const value = name === 'dn' ? o.dn : o.attributes[name];
  const references = o.references[name]?.count;
  const pending = o.pendingExport?.operation === 'delete' ? undefined : o.pendingExport?.attributes[name];
  if (value === undefined && references === undefined && pending === undefined) return undefined;
  return {
    name,
    value,
    ...(references === undefined ? {} : { references }),
    ...(pending === undefined ? {} : { pending }),
  };
}

const entries = (o: CsObject, names: Iterable<string>): Entry[] =>
  [...new Set(names)].flatMap((n) => entryOf(o, n) ?? []);

/** Rows for what the rules carry, in order of their names. */
export function carriedRows(d: Description, lineage: LineageFacts): Row[] {
  const mv = d.mv;
  if (!mv) return [];
  const names = [...new Set([...Object.keys(mv.attributes), ...Object.keys(mv.references)])].sort((a, b) =>
    a.localeCompare(b),
  );
  const sources = d.objects.filter((o) => !isTarget(o));
  const targets = d.objects.filter(isTarget);
  const inbound = new Map(lineage.inbound.map((c) => [c.attribute, c]));
  return names.map((name) => {
    const by = inbound.get(name);
    const value = mv.attributes[name];
    const references = mv.references[name];
    return {
      name,
      sources: sources.map((o) => entries(o, by?.cs === o.id ? by.reads : [])),
      identity: { name, value: value?.value, ...(references ? { references: references.count } : {}) },
      rule: by && { name: by.rule, id: by.ruleId, connector: by.connector },
      targets: targets.map((o) => {
        const made = lineage.outbound.filter((c) => c.cs === o.id && c.reads.includes(name)).map((c) => c.attribute);
        return entries(o, by?.cs === o.id ? [...by.reads, ...made] : made);
      }),
    };
  });
}

/** Rows for what no rule carries: attributes that a directory or the cloud has and that stay there. */
export function otherRows(d: Description, lineage: LineageFacts): Row[] {
  const used = (o: CsObject): Set<string> =>
    new Set([
      ...lineage.inbound.filter((c) => c.cs === o.id).flatMap((c) => c.reads),
      ...lineage.outbound.filter((c) => c.cs === o.id).map((c: Carried) => c.attribute),
    ]);
  const unused = d.objects.map((o) => {
    const known = used(o);
    const all = [
      ...Object.keys(o.attributes),
      ...Object.keys(o.references),
      ...Object.keys(o.pendingExport?.attributes ?? {}),
    ];
    return { o, names: new Set(all.filter((n) => !known.has(n))) };
  });
  const names = [...new Set(unused.flatMap((u) => [...u.names]))].sort((a, b) => a.localeCompare(b));
  const cell = (name: string, target: boolean) =>
    unused.filter((u) => isTarget(u.o) === target).map((u) => (u.names.has(name) ? entries(u.o, [name]) : []));
  return names.map((name) => ({
    name,
    sources: cell(name, false),
    identity: undefined,
    rule: undefined,
    targets: cell(name, true),
  }));
}

/** Whether something waits to be exported. */
export const isPending = (row: Row): boolean => row.targets.some((t) => t.some((e) => e.pending !== undefined));
