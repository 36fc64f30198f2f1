/** What the conformance tests stand on: a fixture, an open session, and how an import is carried out. */
import assert from 'node:assert/strict';
import type { ImportItem } from '../model/change.ts';
import { Replica, type ReplicaObject } from './conformance-replica.ts';
import type { Connector, ConnectorSession, ImportRequest } from './contract.ts';

/** A directory with a connector to it, and the hand that changes it. The names given to objects are plain words. */
export interface ConformanceFixture extends AsyncDisposable {
  readonly connector: Connector;
  readonly person: {
    readonly type: string;
    /** A single-valued text attribute that may be absent. */
    readonly text: string;
    /** A multi-valued text attribute. */
    readonly texts: string;
  };
  readonly group: { readonly type: string; readonly members: string };
  /** Attributes besides those above that are imported too. */
  readonly attributes?: readonly string[];
  /** Create an object and return its DN. The text attribute is the name, followed by "!". */
  createPerson(name: string): Promise<string>;
  createGroup(name: string, memberDns: readonly string[]): Promise<string>;
  /** Sets a text attribute; null clears it. */
  setText(dn: string, text: string | null): Promise<void>;
  setTexts(dn: string, texts: readonly string[]): Promise<void>;
  addMember(groupDn: string, memberDn: string): Promise<void>;
  removeMember(groupDn: string, memberDn: string): Promise<void>;
  /** Gives an object another name and returns its new DN. */
  rename(dn: string, name: string): Promise<string>;
  remove(dn: string): Promise<void>;
}

export interface Imported {
  readonly items: readonly ImportItem[];
  readonly watermark: string;
  readonly warnings: readonly string[];
}
/** What a test works with; `full` and `delta` import the only or first partition. */
export interface World {
  readonly fixture: ConformanceFixture;
  readonly session: ConnectorSession;
  request(mode: 'full' | 'delta', watermark?: string, signal?: AbortSignal): ImportRequest;
  full(): Promise<Imported>;
  delta(watermark: string): Promise<Imported>;
}
/** Imports, lets something happen, imports the delta: only these objects may be in it, and it must give what a full import gives. */
export async function step(
  world: World,
  touched: (before: Replica, now: Replica) => readonly (string | undefined)[],
  happen: () => Promise<void>,
): Promise<Replica> {
  const full = await world.full();
  const replica = Replica.of(full.items);
  await happen();
  const delta = await world.delta(full.watermark);
  const before = Replica.of(full.items);
  await replica.apply(delta.items, world.session, world.request('delta', full.watermark));
  assert.deepEqual(replica.state(), Replica.of((await world.full()).items).state());
  const allowed = touched(before, replica);
  for (const item of delta.items) {
    assert.ok(allowed.includes(item.anchor), `${JSON.stringify(item)} was not changed`);
  }
  assert.ok(delta.items.length > 0, 'the change was reported');
  return replica;
}

export function makeWorld(fixture: ConformanceFixture, session: ConnectorSession): World {
  const { person, group, attributes = [] } = fixture;
  const partition = session.partitions[0];
  assert.ok(partition, 'the session has a partition');
  const request: World['request'] = (mode, watermark, signal = new AbortController().signal) => ({
    partition,
    mode,
    attributes: new Set([person.text, person.texts, group.members, ...attributes]),
    objectTypes: new Set([person.type, group.type]),
    signal,
    warn: () => undefined,
    ...(watermark === undefined ? {} : { watermark }),
  });
  return {
    fixture,
    session,
    request,
    full: () => collect(session, request('full')),
    delta: (watermark) => collect(session, request('delta', watermark)),
  };
}

/** Everything an import delivers, its batches checked. */
export async function collect(session: ConnectorSession, request: ImportRequest): Promise<Imported> {
  const items: ImportItem[] = [];
  const warnings: string[] = [];
  let watermark: string | undefined;
  let isOver = false;
  for await (const batch of session.import({ ...request, warn: (code) => warnings.push(code) })) {
    assert.ok(!isOver, 'nothing follows the watermark of a full import');
    items.push(...batch.items);
    watermark = batch.watermark ?? watermark;
    isOver = request.mode === 'full' && batch.watermark !== undefined;
  }
  assert.ok(watermark !== undefined, 'an import that ends has a watermark');
  if (request.mode === 'full') {
    for (const { kind } of items) assert.ok(kind === 'object' || kind === 'more-references' || kind === 'error', kind);
  }
  return { items, watermark, warnings };
}

/** The object with this DN, which must be there. */
export function one(replica: Replica, dn: string): ReplicaObject {
  const anchor = replica.anchorOf(dn);
  const object = anchor === undefined ? undefined : replica.get(anchor);
  assert.ok(object, `${dn} was imported`);
  return object;
}
