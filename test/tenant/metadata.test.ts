import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { findRelation } from '../../src/tenant/graph/relations.ts';
import { type PropertyType, schemas } from '../../src/tenant/graph/schema.ts';
import type { Kind } from '../../src/tenant/store/properties.ts';

/** The published types, as the generated SDK that is installed for tests tells them. */
const declarations = readFileSync(
  join(dirname(createRequire(import.meta.url).resolve('@microsoft/msgraph-sdk/package.json')), 'models', 'index.d.ts'),
  'utf8',
);

/** Property name to type of one declared interface and those it extends. */
function published(name: string): Map<string, string> {
  const start = declarations.search(new RegExp(`^export interface ${name} extends `, 'm'));
  const head = /extends ([^{]+)\{/.exec(declarations.slice(start))!;
  const end = declarations.indexOf('\n}', start);
  const parents = head[1]!.split(',').map((p) => p.trim());
  const properties = parents.includes('DirectoryObject') ? published('DirectoryObject') : new Map<string, string>();
  for (const [, property, type] of declarations.slice(start, end).matchAll(/^ {4}(\w+)\?: (.+);$/gm)) {
    properties.set(property!, type!.replace(' | null', ''));
  }
  return properties;
}

const fits: Readonly<Record<PropertyType, (type: string) => boolean>> = {
  text: (t) => t === 'string' || t === 'Guid' || /^[A-Z]\w+$/.test(t),
  texts: (t) => t === 'string[]' || /^[A-Z]\w+\[\]$/.test(t),
  boolean: (t) => t === 'boolean',
  integer: (t) => t === 'number',
  time: (t) => t === 'Date',
  guid: (t) => t === 'Guid' || t === 'string',
  binary: (t) => t === 'string',
  complex: (t) => /^[A-Z]\w+$/.test(t),
  complexes: (t) => /^[A-Z]\w+\[\]$/.test(t),
};

const types: Readonly<Partial<Record<Kind, string>>> = {
  user: 'User',
  group: 'Group',
  contact: 'OrgContact',
  device: 'Device',
  directoryRole: 'DirectoryRole',
};
/** In the reference, not (or not yet) in this edition of the published types. */
const newer = new Set([
  'onPremisesObjectIdentifier',
  'writebackConfiguration',
  'onPremisesSipInfo',
  'uniqueName',
  'creationOptions',
  'resourceBehaviorOptions',
  'resourceProvisioningOptions',
  'extensionAttributes',
]);

for (const [kind, name] of Object.entries(types)) {
  test(`properties of ${kind} have the names and types of the published metadata`, () => {
    const facts = published(name);
    assert.ok(facts.size > 4, `${name} was not found`);
    for (const [property, spec] of schemas[kind as Kind]) {
      if (property === 'id' || spec.beta || newer.has(property)) continue;
      const type = facts.get(property);
      assert.ok(type !== undefined, `${name} has no ${property}`);
      assert.ok(fits[spec.type](type), `${name}.${property} is ${type}, not ${spec.type}`);
    }
  });

  test(`every published property of ${kind} is held, or named as missing, or a relation`, () => {
    const unknown = [...published(name)].filter(([property, type]) => {
      if (schemas[kind as Kind].has(property) || findRelation(kind as Kind, property.toLowerCase())) return false;
      // What is left must be a navigation property: its type has an id of its own, so it is a resource below the object.
      return ['string', 'string[]', 'boolean', 'number', 'Date'].includes(type);
    });
    assert.deepEqual(unknown, []);
  });
}
