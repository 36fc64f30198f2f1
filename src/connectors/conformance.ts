/** What every connector promises (`contract.ts`), as tests. Each implementation runs them against a real directory. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ImportItem } from '../model/change.ts';
import { type AttributeValue, canonicalValues, type Value } from '../model/value.ts';
import { Replica } from './conformance-replica.ts';
import { type ConformanceFixture, collect, makeWorld, one, step, type World } from './conformance-world.ts';
import { ConnectorError } from './contract.ts';

export type { ConformanceFixture } from './conformance-world.ts';

type Case = readonly [title: string, run: (world: World) => Promise<void>];

/** Registers the suite. The fixture is made once; each test makes objects of its own in it. */
export function connectorConformance(name: string, makeFixture: () => Promise<ConformanceFixture>): void {
  describe(`connector conformance: ${name}`, { concurrency: 1 }, () => {
    let fixture: ConformanceFixture | undefined;
    let world: World;
    before(async () => {
      fixture = await makeFixture();
      world = makeWorld(fixture, await fixture.connector.open(new AbortController().signal));
    });
    after(async () => {
      await world?.session[Symbol.asyncDispose]();
      await fixture?.[Symbol.asyncDispose]();
    });
    for (const [title, run] of cases) test(title, () => run(world));
  });
}

const cases: readonly Case[] = [
  ['a full import delivers every object once, whole, and ends with a watermark', fullDeliversAll],
  ['two full imports of the same directory deliver the same', fullIsRepeatable],
  ['values have the form the schema says, and only what was asked for is delivered', valuesFollowSchema],
  ['a delta import of an unchanged directory delivers nothing', deltaOfNothing],
  ['a delta import delivers just what changed, and with it the state of a full import', deltaIsTheChange],
  ['a cleared attribute is absent, and what is not mentioned stays', emptyIsNotGone],
  ['members are added and removed', membersChange],
  ['a deleted object is reported, and no longer referred to', deletesAreReported],
  ['an object with the name of a deleted one is another object', recreatedIsNew],
  ['the same watermark twice delivers the same state', deltaIsRepeatable],
  ['the order in which objects arrive does not matter', orderDoesNotMatter],
  ['an interrupted import delivers no watermark, and the session goes on', interruptedHasNoWatermark],
  ['a watermark that is none asks for a full import', foreignWatermark],
  ['objects are read by anchor; an unknown anchor is a delete', readsByAnchor],
];

async function fullDeliversAll(world: World): Promise<void> {
  const { fixture } = world;
  const person = await fixture.createPerson('all-ada');
  const group = await fixture.createGroup('all-group', [person]);
  const { items } = await world.full();
  const objects = items.filter((i) => i.kind === 'object');
  assert.equal(new Set(objects.map((o) => o.anchor)).size, objects.length, 'no object comes twice');
  const replica = Replica.of(items);
  const held = one(replica, person);
  assert.equal(held.objectType, fixture.person.type);
  assert.equal(held.attributes[fixture.person.text], 'all-ada!');
  assert.equal(one(replica, group).objectType, fixture.group.type);
  assert.deepEqual(one(replica, group).references[fixture.group.members], [replica.anchorOf(person)]);
}

async function fullIsRepeatable(world: World): Promise<void> {
  const first = Replica.of((await world.full()).items);
  const second = Replica.of((await world.full()).items);
  assert.ok(first.size > 0);
  assert.deepEqual(first.state(), second.state());
}

async function valuesFollowSchema(world: World): Promise<void> {
  const { fixture, session } = world;
  const person = await fixture.createPerson('form-flo');
  await fixture.setTexts(person, ['zulu', 'alpha', 'mike']);
  const request = world.request('full');
  const asked = new Set([...request.attributes, 'attributeThatDoesNotExist']);
  const items = (await collect(session, { ...request, attributes: asked })).items;
  for (const item of items) {
    if (item.kind !== 'object') continue;
    for (const [name, value] of Object.entries(item.attributes)) {
      const schema = session.schema.attributes.get(name);
      assert.ok(schema && asked.has(name), `${name} was not asked for`);
      assert.notEqual(schema.type, 'reference', `${name} is a reference`);
      assertForm(name, value, schema.multiValued);
    }
    for (const name of Object.keys(item.references)) {
      assert.equal(session.schema.attributes.get(name)?.type, 'reference');
      assert.ok(asked.has(name), `${name} was not asked for`);
    }
  }
  const held = one(Replica.of(items), person).attributes[fixture.person.texts];
  assert.deepEqual(held, ['alpha', 'mike', 'zulu']);
}

function assertForm(name: string, value: AttributeValue, multiValued: boolean): void {
  assert.equal(Array.isArray(value), multiValued, `${name} is ${JSON.stringify(value)}`);
  assert.notEqual(value, '', `${name} is empty`);
  if (!Array.isArray(value)) return;
  assert.ok(value.length > 0, `${name} has no value`);
  assert.deepEqual(value, canonicalValues(value as readonly Value[]), `${name} is not in canonical order`);
}

async function deltaOfNothing(world: World): Promise<void> {
  const full = await world.full();
  const first = await world.delta(full.watermark);
  assert.deepEqual(first.items, []);
  assert.deepEqual((await world.delta(first.watermark)).items, []);
}

async function deltaIsTheChange(world: World): Promise<void> {
  const { fixture } = world;
  const [changed, renamed] = [await fixture.createPerson('delta-cleo'), await fixture.createPerson('delta-rena')];
  await fixture.createPerson('delta-bystander');
  await step(
    world,
    (replica) => [replica.anchorOf(changed)],
    () => fixture.setText(changed, 'changed'),
  );
  await step(
    world,
    (replica) => [replica.anchorOf(changed)],
    () => fixture.setTexts(changed, ['one', 'two']),
  );
  let newDn = '';
  await step(
    world,
    (replica) => [replica.anchorOf(renamed)],
    async () => {
      newDn = await fixture.rename(renamed, 'delta-renamed');
    },
  );
  let added = '';
  const after = await step(
    world,
    (_, now) => [now.anchorOf(added)],
    async () => {
      added = await fixture.createPerson('delta-nova');
    },
  );
  assert.equal(one(after, changed).attributes[fixture.person.text], 'changed');
  assert.ok(after.anchorOf(newDn), 'the new name is known');
  assert.equal(after.anchorOf(renamed), undefined, 'the old name is not');
}

async function emptyIsNotGone(world: World): Promise<void> {
  const { fixture } = world;
  const person = await fixture.createPerson('empty-emil');
  await fixture.setTexts(person, ['kept']);
  const after = await step(
    world,
    (replica) => [replica.anchorOf(person)],
    () => fixture.setText(person, null),
  );
  const held = one(after, person);
  assert.equal(Object.hasOwn(held.attributes, fixture.person.text), false);
  assert.deepEqual(held.attributes[fixture.person.texts], ['kept']);
}

async function membersChange(world: World): Promise<void> {
  const { fixture } = world;
  const [ina, ove] = [await fixture.createPerson('member-ina'), await fixture.createPerson('member-ove')];
  const group = await fixture.createGroup('member-group', [ina]);
  const members = (replica: Replica): readonly string[] => one(replica, group).references[fixture.group.members] ?? [];
  const touched = (replica: Replica) => [replica.anchorOf(group)];
  const both = await step(world, touched, () => fixture.addMember(group, ove));
  assert.deepEqual(members(both), [both.anchorOf(ina), both.anchorOf(ove)].sort());
  const single = await step(world, touched, () => fixture.removeMember(group, ina));
  assert.deepEqual(members(single), [single.anchorOf(ove)]);
  const none = await step(world, touched, () => fixture.removeMember(group, ove));
  assert.deepEqual(members(none), []);
}

async function deletesAreReported(world: World): Promise<void> {
  const { fixture } = world;
  const [gone, stays] = [await fixture.createPerson('gone-gil'), await fixture.createPerson('gone-sam')];
  const group = await fixture.createGroup('gone-group', [gone, stays]);
  let anchor: string | undefined;
  const after = await step(
    world,
    (replica) => {
      anchor = replica.anchorOf(gone);
      // The group may be reported too: its member is gone.
      return [anchor, replica.anchorOf(group)];
    },
    () => fixture.remove(gone),
  );
  assert.ok(anchor !== undefined && after.get(anchor) === undefined);
  assert.deepEqual(one(after, group).references[fixture.group.members], [after.anchorOf(stays)]);
}

async function recreatedIsNew(world: World): Promise<void> {
  const { fixture } = world;
  const person = await fixture.createPerson('again-ann');
  let before: string | undefined;
  const after = await step(
    world,
    (replica, now) => {
      before = replica.anchorOf(person);
      return [before, now.anchorOf(person)];
    },
    async () => {
      await fixture.remove(person);
      await fixture.createPerson('again-ann');
    },
  );
  assert.ok(before !== undefined);
  assert.notEqual(after.anchorOf(person), before);
}

async function deltaIsRepeatable(world: World): Promise<void> {
  const { fixture, session } = world;
  const person = await fixture.createPerson('twice-tom');
  const full = await world.full();
  await fixture.setText(person, 'twice');
  await fixture.createGroup('twice-group', [person]);
  const [once, twice] = [Replica.of(full.items), Replica.of(full.items)];
  const request = world.request('delta', full.watermark);
  await once.apply((await world.delta(full.watermark)).items, session, request);
  for (let i = 0; i < 2; i++) await twice.apply((await world.delta(full.watermark)).items, session, request);
  assert.deepEqual(twice.state(), once.state());
}

async function orderDoesNotMatter(world: World): Promise<void> {
  const { fixture, session } = world;
  const full = await world.full();
  const person = await fixture.createPerson('order-ola');
  const inner = await fixture.createGroup('order-inner', [person]);
  const outer = await fixture.createGroup('order-outer', [inner, person]);
  await fixture.addMember(inner, await fixture.createPerson('order-late'));
  const { items } = await world.delta(full.watermark);
  const request = world.request('delta', full.watermark);
  const forwards = Replica.of(full.items);
  const backwards = Replica.of(full.items);
  await forwards.apply(items, session, request);
  await backwards.apply(objectsReversed(items), session, request);
  assert.deepEqual(backwards.state(), forwards.state());
  assert.deepEqual(forwards.state(), Replica.of((await world.full()).items).state());
  assert.equal(one(forwards, outer).references[fixture.group.members]?.length, 2);
}

/** The objects in reverse, what is said of one object in its order. */
function objectsReversed(items: readonly ImportItem[]): ImportItem[] {
  const byAnchor = new Map<string, ImportItem[]>();
  for (const item of items) {
    const list = byAnchor.get(item.anchor ?? '') ?? [];
    byAnchor.set(item.anchor ?? '', list);
    list.push(item);
  }
  return [...byAnchor.values()].reverse().flat();
}

async function interruptedHasNoWatermark(world: World): Promise<void> {
  const { session } = world;
  let watermark: string | undefined;
  let batches = 0;
  for await (const batch of session.import(world.request('full'))) {
    batches++;
    if (batch.watermark === undefined) break;
    watermark = batch.watermark;
  }
  // A directory that fits into one batch is complete with it.
  assert.ok(batches === 1 || watermark === undefined);
  const stop = new AbortController();
  const request = world.request('full', undefined, stop.signal);
  stop.abort(new Error('stopped by the test'));
  await assert.rejects(async () => {
    for await (const batch of session.import(request)) assert.equal(batch.watermark, undefined);
  });
  assert.ok((await world.full()).items.length > 0);
}

async function foreignWatermark(world: World): Promise<void> {
  for (const watermark of ['', 'no watermark', '{"some":"body else"}', 'null']) {
    await assert.rejects(world.delta(watermark), (error) => {
      assert.ok(error instanceof ConnectorError, String(error));
      assert.equal(error.code, 'full-import-required');
      assert.ok(error.remedy.length > 0);
      return true;
    });
  }
}

async function readsByAnchor(world: World): Promise<void> {
  const { fixture, session } = world;
  if (!session.read) return;
  const person = await fixture.createPerson('read-rea');
  const group = await fixture.createGroup('read-group', [person]);
  const full = await world.full();
  const replica = Replica.of(full.items);
  const anchors = [person, group].map((dn) => replica.anchorOf(dn) as string);
  const unknown = '00000000-1111-2222-3333-444444444444';
  const read = await session.read([...anchors, unknown], world.request('delta', full.watermark));
  assert.deepEqual(
    read.filter((r) => r.kind === 'delete'),
    [{ kind: 'delete', anchor: unknown }],
  );
  const found = Replica.of(read.filter((r) => r.kind === 'object')).state();
  assert.deepEqual([...found.keys()].sort(), [...anchors].sort());
  for (const [anchor, object] of found) assert.deepEqual(object, replica.get(anchor));
}
