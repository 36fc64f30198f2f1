/** What `docs/rules.md` shows works as it is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadRules } from '../../../src/rules/load.ts';
import { defaultOptions, outOfBoxRules } from '../../../src/rules/out-of-box/options.ts';
import { compiled, connectors, inbound, user } from './world.ts';

const text = readFileSync(new URL('../../../docs/rules.md', import.meta.url), 'utf8');

/** The example and one more piece of a rule file, over the out-of-box rules. */
function layered(more = ''): ReturnType<typeof compiled> {
  const example = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const files = [{ path: 'docs/rules.md', text: `${example}\n${more}` }];
  const loaded = loadRules({ outOfBox: outOfBoxRules(), files, connectors });
  if (!loaded.ok) throw new Error(loaded.problems.map((p) => p.message).join('\n'));
  return compiled(loaded.rules, loaded.schema);
}

test('the example rules lie over the out-of-box rules', () => {
  const rules = layered();
  const ana = user({
    department: 'Sales EMEA',
    extensionAttribute7: '4711',
    givenName: 'Ana',
    sn: 'Bell',
    displayName: 'x',
  });
  const { values, errors } = inbound(rules, [ana]);
  assert.deepEqual(errors, []);
  assert.deepEqual([values.costCentre, values.displayName, values.cloudFiltered], ['4711', 'Ana Bell', undefined]);
  assert.equal(inbound(rules, [user({ department: 'Laboratory' })]).values.cloudFiltered, true);
  assert.equal(inbound(rules, [user({ displayName: 'x' })]).values.displayName, 'x');
});

test('a rule is disabled by its tag without the version', () => {
  const line = user({ 'msRTCSIP-Line': 'tel:+1' });
  assert.equal(inbound(layered(), [line]).values['msRTCSIP-Line'], 'tel:+1');
  const off = layered('disable: [Causeway.InFromADUserLync]');
  assert.equal(inbound(off, [line]).values['msRTCSIP-Line'], undefined);
});

test('every option is described', () => {
  for (const name of Object.keys(defaultOptions)) assert.ok(text.includes(`\`${name}\``), name);
});

test('every tag is its own, and every name is unique for one connector', () => {
  const rules = outOfBoxRules({ exchangeHybrid: true }).flatMap((file) => file.rules);
  assert.equal(new Set(rules.map((rule) => rule.tag)).size, rules.length);
  assert.equal(new Set(rules.map((rule) => rule.name)).size, rules.length);
  for (const { tag } of rules) assert.match(tag, /^Causeway\.\w+\.\d{3}$/);
});
