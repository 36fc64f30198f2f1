import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRuleSet } from '../compile.ts';
import { lintRules } from '../lint.ts';
import { loadRules } from '../load.ts';
import { type DirectoryExtensions, extensionNameOf, extensionRules } from './extensions.ts';
import { outOfBoxRules } from './options.ts';

const application = '0F5A6F6E-1111-4222-8333-444455556666';
const connectors = [
  { name: 'corp', type: 'active-directory' },
  { name: 'cloud', type: 'entra' },
];
const load = (directoryExtensions: DirectoryExtensions) =>
  loadRules({ outOfBox: outOfBoxRules({ directoryExtensions }), connectors });

test('names: the application in lower case without dashes, and letters, digits and "_" of the attribute', () => {
  const prefix = 'extension_0f5a6f6e111142228333444455556666_';
  assert.equal(extensionNameOf(application, { attribute: 'employeeType' }), `${prefix}employeeType`);
  const dashed = extensionNameOf(application, { attribute: 'msDS-cloudExtensionAttribute1' });
  assert.equal(dashed, `${prefix}msDS_cloudExtensionAttribute1`);
  assert.equal(extensionNameOf(application, { attribute: 'x', name: 'costCentre' }), `${prefix}costCentre`);
});

test('each attribute flows in and out again, for whom it is meant, in a metaverse attribute of its type', () => {
  const loaded = load({
    application,
    attributes: [
      'employeeType',
      { attribute: 'otherPager', multiValued: true, objects: ['user'] },
      { attribute: 'adminCount', type: 'integer', objects: ['group'] },
      { attribute: 'whenHired', type: 'date', objects: ['user'] },
    ],
  });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const short = (name: string) => name.replace(/^extension_[0-9a-f]{32}_/, '');
  const own = loaded.rules.filter((rule) => / DirectoryExtension$/.test(rule.name));
  assert.deepEqual(
    own.map((rule) => `${rule.direction} ${rule.name}: ${rule.flows.map((f) => short(f.target)).join(' ')}`),
    [
      'inbound In from AD - user DirectoryExtension: employeeType otherPager whenHired',
      'inbound In from AD - inetOrgPerson DirectoryExtension: employeeType otherPager whenHired',
      'inbound In from AD - group DirectoryExtension: employeeType adminCount',
      'outbound Out to AAD - user DirectoryExtension: employeeType otherPager whenHired',
      'outbound Out to AAD - group DirectoryExtension: employeeType adminCount',
    ],
  );
  const shape = (name: string) => {
    const found = loaded.schema.attributes.get(extensionNameOf(application, { attribute: name }));
    return found && `${found.syntax}${found.multiValued ? '[]' : ''}`;
  };
  const names = ['employeeType', 'otherPager', 'adminCount', 'whenHired'];
  assert.deepEqual(names.map(shape), ['string', 'string[]', 'number', 'string']);
  assert.ok(compileRuleSet(loaded.rules, loaded.schema).ok);
});

test('without attributes there are no rules; one name for two shapes is refused', () => {
  assert.deepEqual(extensionRules(undefined), []);
  assert.deepEqual(extensionRules({ application, attributes: [] }), []);
  const twice = load({
    application,
    attributes: [
      { attribute: 'a', name: 'same', objects: ['user'] },
      { attribute: 'b', name: 'same', type: 'integer', objects: ['group'] },
    ],
  });
  assert.ok(!twice.ok && twice.problems.some((p) => p.code === 'attribute-conflict'));
});

test('lint knows names that are there as soon as they are written, and only those', () => {
  const loaded = load({ application, attributes: [{ attribute: 'employeeType', objects: ['user'] }] });
  assert.ok(loaded.ok);
  const compiled = compileRuleSet(loaded.rules, loaded.schema);
  assert.ok(compiled.ok);
  const connectedSchemas = new Map([
    ['cloud', new Map([['displayName', { type: 'string', multiValued: false } as const]])],
  ]);
  const unknown = (openNames: ReadonlyMap<string, RegExp>) =>
    lintRules(compiled.ruleSet, { connectedSchemas, openNames }).filter(
      (f) => f.code === 'unknown-attribute' && /extension_/.test(f.message),
    ).length;
  assert.equal(unknown(new Map()), 1);
  assert.equal(unknown(new Map([['cloud', /^extension_/]])), 0);
});
