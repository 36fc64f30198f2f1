/**
 * The out-of-box rules and the real rules of 2016 do the same to a made-up organization, except where `docs/rules.md`
 * says that they differ; and every difference it lists is there.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CompiledRuleSet } from '../../../src/rules/compile.ts';
import type { Contribution } from '../../../src/rules/contribute.ts';
import { knownDifferences } from '../../../src/rules/entra-connect/known-differences.ts';
import type { OutOfBoxOptions } from '../../../src/rules/out-of-box/options.ts';
import { cloud, compiled, forest, inbound, outbound, type SourceObject, shippedRules } from '../out-of-box/world.ts';
import { realConfiguration, rulesForTwoForests } from './fixture.ts';
import { population } from './population.ts';
import { sampleOrganization } from './sample-organization.ts';

const documented = readFileSync(new URL('../../../docs/rules.md', import.meta.url), 'utf8');
/** Identities in the table of differences, with whether they show in results. */
const listed = new Map(
  [...documented.matchAll(/^\| `([a-z-]+)` \|.*\| (yes|no) \|$/gm)].map((m) => [m[1] as string, m[2] === 'yes']),
);

const newerExchange = knownDifferences.find(({ id }) => id === 'newer-exchange-schema')?.attributes as RegExp;
type Identity = readonly SourceObject[];
const always = (): boolean => true;
const hasType = (identity: Identity, objectType: string): boolean => identity.some((o) => o.objectType === objectType);
const isLarge = (identity: Identity): boolean => identity.some((o) => (o.references?.member ?? 0) >= 50_000);
const saysNothing = (identity: Identity): boolean =>
  identity.some((o) => o.connector === cloud && o.objectType === 'user' && o.values.cloudMastered === undefined);

/** Where and on whom a difference may show. A place is side, object type and attribute: `inbound person altRecipient`. */
const shows: readonly (readonly [id: string, place: RegExp, on: (identity: Identity) => boolean])[] = [
  ['member-limit', /^cloud group /, isLarge],
  ['certificate-limit', /^cloud (user|contact) (userCertificate|userSMIMECertificate)$/, always],
  [
    'device-certificate',
    /^(inbound device cloudFiltered|cloud device .*)$/,
    (identity) => hasType(identity, 'computer'),
  ],
  ['device-owner', /^(inbound|cloud) device registeredOwnerReference$/, always],
  ['alt-recipient', /^(inbound person|cloud user) altRecipient$/, always],
  ['moderation-bypass', /^cloud group msExchBypassModerationLink$/, always],
  [
    'hybrid-write-back',
    /^directory (user|inetOrgPerson) (msDS-ExternalDirectoryObjectID|msExchArchiveStatus)$/,
    always,
  ],
  ['public-delegates', /^directory user publicDelegates$/, always],
  ['cloud-mastered', /^inbound person (scope|cloudAnchor|cloudSourceAnchor|usageLocation)$/, saysNothing],
  ['cloud-mastered', /^cloud user (sourceAnchor|usageLocation)$/, saysNothing],
  ['cloud-mastered', /^directory user joins$/, always],
  ['consistency-guid', /^inbound person (sourceAnchor|sourceAnchorBinary)$/, always],
  ['consistency-guid', /^cloud user (sourceAnchor|dn)$/, always],
  ['consistency-guid', /^directory (user|inetOrgPerson) mS-DS-ConsistencyGuid$/, always],
];
function explain(place: string, identity: Identity, options: Partial<OutOfBoxOptions>): string[] {
  const [side, , attribute = ''] = place.split(' ');
  const ids = shows.filter(([, pattern, on]) => pattern.test(place) && on(identity)).map(([id]) => id);
  const inbound = attribute.replace(/^msDsHab/, 'msDS-HAB').replace(/^msOrgIs/, 'msOrg-Is');
  if (side !== 'directory' && newerExchange.test(inbound)) ids.push('newer-exchange-schema');
  const off = [options.sourceAnchor === 'objectGUID' && 'consistency-guid', options.deviceOwner && 'device-owner'];
  return ids.filter((id) => !off.includes(id));
}

/** Attribute to a text of what the rules want of it. */
function texts(result: Contribution, more: Readonly<Record<string, unknown>>): Map<string, string> {
  const all = new Map(Object.entries(more).map(([name, value]) => [name, JSON.stringify(value)]));
  for (const [name, value] of Object.entries(result.values)) all.set(name, JSON.stringify(value));
  for (const [name, { attribute, sourceId }] of result.references)
    all.set(name, `references ${attribute} of ${sourceId}`);
  for (const name of result.kept) all.set(name, `kept ${all.get(name) ?? ''}`);
  for (const { attribute, message } of result.errors) all.set(attribute, `error ${message}`);
  return all;
}

/** Everything that the rules want for the objects, by place. */
function outcome(ruleSet: CompiledRuleSet, objects: readonly SourceObject[]): Map<string, string> {
  const all = new Map<string, string>();
  const add = (place: string, values: ReadonlyMap<string, string>): void => {
    for (const [name, value] of values) all.set(`${place} ${name}`, value);
  };
  const metaverse = inbound(ruleSet, objects);
  const linking = metaverse.rulesInScope.map((rules) =>
    rules.filter(({ rule }) => rule.join.length > 0).map(({ rule }) => rule.name),
  );
  add(`inbound ${metaverse.objectType}`, texts(metaverse, { scope: linking }));
  for (const objectType of ruleSet.outboundTypes(cloud, metaverse.objectType)) {
    const sent = outbound(ruleSet, metaverse, cloud, objectType);
    if (sent.provisions) add(`cloud ${objectType}`, texts(sent, { provisions: true }));
  }
  for (const objectType of new Set(objects.filter(({ connector }) => connector === forest).map((o) => o.objectType))) {
    const back = outbound(ruleSet, metaverse, forest, objectType);
    add(`directory ${objectType}`, texts(back, { joins: back.joins }));
  }
  return all;
}

const real = compiled(rulesForTwoForests(realConfiguration().rules), realConfiguration().metaverseSchema);

/** What differs on the population, as place and identity. */
function* differences(
  options: Partial<OutOfBoxOptions>,
  identities: readonly Identity[] = everybody,
): Generator<[place: string, identity: Identity, text: string]> {
  const shipped = shippedRules(options);
  for (const identity of identities) {
    const [ours, theirs] = [outcome(shipped, identity), outcome(real, identity)];
    for (const place of new Set([...ours.keys(), ...theirs.keys()])) {
      const [a, b] = [ours.get(place), theirs.get(place)];
      if (a !== b) yield [place, identity, `out-of-box ${a}, real ${b}`];
    }
  }
}

const seen = new Set<string>();
const everybody = population(3000, 20_160_503, cloud);
const settings: readonly Partial<OutOfBoxOptions>[] = [
  { sourceAnchor: 'objectGUID', exchangeHybrid: true, deviceCertificate: 'any', deviceOwner: true },
  { sourceAnchor: 'objectGUID', exchangeHybrid: true, deviceCertificate: 'joined' },
  { exchangeHybrid: true },
];
for (const options of settings) {
  test(`3000 identities under ${JSON.stringify(options)} differ only as documented`, () => {
    const unexplained = new Map<string, string>();
    for (const [place, identity, text] of differences(options)) {
      const ids = explain(place, identity, options);
      if (ids.length === 0) unexplained.set(place, `${text}, from ${JSON.stringify(identity)}`);
      for (const id of ids) seen.add(id);
    }
    assert.deepEqual([...unexplained], []);
  });
}

test('on the sample organization the two differ only as documented', async () => {
  const sample = await sampleOrganization();
  assert.ok(sample.length > 350, `${sample.length} identities`);
  for (const options of settings) {
    const unexplained = new Map<string, string>();
    for (const [place, identity, text] of differences(options, sample)) {
      if (explain(place, identity, options).length === 0)
        unexplained.set(place, `${text}, from ${JSON.stringify(identity)}`);
    }
    assert.deepEqual([...unexplained], []);
  }
});

test('the documentation lists every difference between the rules, and no other', () => {
  const expected = new Set([...knownDifferences.map(({ id }) => id), ...shows.map(([id]) => id)]);
  assert.deepEqual([...listed.keys()].sort(), [...expected].sort());
});

test('every difference that is said to show in results was seen', () => {
  const shouldShow = [...listed].filter(([, visible]) => visible).map(([id]) => id);
  assert.deepEqual([...seen].sort(), shouldShow.sort());
});

test('the population is varied: every object type is exported, filtered and refused', () => {
  const results = everybody.map((objects) => outcome(real, objects));
  for (const objectType of ['user', 'contact', 'group', 'device']) {
    const sent = results.filter((result) => result.has(`cloud ${objectType} provisions`)).length;
    assert.ok(sent > 30, `${sent} of type ${objectType} are exported`);
  }
  assert.ok(results.some((result) => [...result.values()].some((text) => text.startsWith('error'))));
});
