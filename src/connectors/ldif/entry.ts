/** One entry of a directory file as an object of the connector space. */
import type { DiscoveryError, ImportedObject, ReferenceTarget } from '../../model/change.ts';
import { dnKey, splitDn } from '../../model/dn.ts';
import { guidText } from '../../model/guid.ts';
import { type LdifRecord, type LdifValue, ldifBytes, ldifText } from '../../model/ldif.ts';
import { type AttributeValue, binary, canonicalValues, integer, type Value } from '../../model/value.ts';
import type { AttributeSchema, ImportRequest } from '../contract.ts';
import { knownAttributes, objectTypeOf } from './attributes.ts';

/** Undefined for an entry of a class that is not synchronized. `lines` remembers anchors, so that a double one is told. */
export function readEntry(
  record: LdifRecord,
  request: ImportRequest,
  lines: Map<string, number>,
): ImportedObject | DiscoveryError | undefined {
  const wrong = (code: string, detail: string, attribute?: string): DiscoveryError => ({
    kind: 'error',
    code,
    detail: `Line ${record.line}: ${detail}`,
    dn: record.dn,
    ...(attribute === undefined ? {} : { attribute }),
  });
  if (record.kind !== 'entry')
    return wrong('invalid-change-type', `${record.dn} is a change record; a directory file holds entries as they are.`);
  if (!splitDn(record.dn)) return wrong('invalid-dn', `"${record.dn}" is not a distinguished name.`);
  if (!dnKey(record.dn).startsWith(dnKey(request.partition.name))) return undefined;
  const named = new Map(record.attributes.map((a) => [a.name.split(';')[0]!.toLowerCase(), a.values]));
  const classes = named.get('objectclass');
  if (!classes) return wrong('missing-object-class', `${record.dn} has no objectClass.`, 'objectClass');
  const objectType = objectTypeOf(classes.map(ldifText));
  if (objectType === undefined) return undefined;
  const anchor = anchorOf(named);
  if (anchor === undefined) {
    return wrong(
      'missing-anchor-component',
      `${record.dn} has no objectGUID of 16 bytes; without one it could not be recognized again. Add "objectGUID:: " with 16 bytes in base64.`,
      'objectGUID',
    );
  }
  const other = lines.get(anchor);
  if (other !== undefined)
    return wrong('duplicate-object', `${record.dn} has the objectGUID of the entry at line ${other}.`, 'objectGUID');
  lines.set(anchor, record.line);
  const attributes: Record<string, AttributeValue> = {};
  const references: Record<string, readonly ReferenceTarget[]> = {};
  for (const [lower, values] of named) {
    const schema = knownAttributes.get(lower) ?? unknownAttribute(record, lower, values.length);
    if (schema.type === 'reference') references[schema.name] = values.map((v) => ({ dn: ldifText(v) }));
    else {
      const read = values.map((v) => readValue(schema, v));
      const bad = read.indexOf(undefined);
      if (bad >= 0)
        return wrong(
          'invalid-attribute-value',
          `${record.dn}: "${ldifText(values[bad]!)}" is no ${schema.type} for ${schema.name}.`,
          schema.name,
        );
      if (!schema.multiValued && read.length > 1)
        return wrong(
          'multi-single-mismatch',
          `${record.dn} has ${read.length} values for ${schema.name}, which takes one.`,
          schema.name,
        );
      const all = canonicalValues((read as Value[]).filter((v) => v !== ''));
      if (all.length > 0) attributes[schema.name] = schema.multiValued ? all : all[0]!;
    }
  }
  return { kind: 'object', anchor, dn: record.dn, objectType, attributes, references };
}

function anchorOf(named: ReadonlyMap<string, readonly LdifValue[]>): string | undefined {
  const [value] = named.get('objectguid') ?? [];
  if (value === undefined) return undefined;
  const bytes = ldifBytes(value);
  return bytes.length === 16 ? guidText(bytes) : undefined;
}

function unknownAttribute(record: LdifRecord & { kind: 'entry' }, lower: string, count: number): AttributeSchema {
  const written = record.attributes.find((a) => a.name.split(';')[0]!.toLowerCase() === lower)!.name.split(';')[0]!;
  return { name: written, type: 'string', multiValued: count > 1 };
}

function readValue(schema: AttributeSchema, value: LdifValue): Value | undefined {
  switch (schema.type) {
    case 'binary':
      return binary(ldifBytes(value));
    case 'integer':
      return /^-?\d{1,19}$/.test(ldifText(value)) ? integer(BigInt(ldifText(value))) : undefined;
    case 'boolean':
      return /^(true|false)$/i.test(ldifText(value)) ? ldifText(value).toLowerCase() === 'true' : undefined;
    case 'string':
    case 'time':
    case 'reference':
      return ldifText(value);
  }
}
