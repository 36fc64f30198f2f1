/** The table of `src/connector-space/SPEC.md`, cell by cell. A state or an event without a cell does not compile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Staging } from '../../src/connector-space/stage.ts';
import type { ImportedObject } from '../../src/model/change.ts';
import { openStore, type Store } from '../../src/store/store.ts';

type State = 'absent' | 'placeholder' | 'new' | 'settled' | 'changed' | 'leaving';
type Event = 'whole object' | 'same object' | 'change' | 'deleted' | 'out of scope';
type Outcome = State | 'must be read first';

const table: Record<State, Record<Event, Outcome>> = {
  absent: {
    'whole object': 'new',
    'same object': 'new',
    change: 'must be read first',
    deleted: 'absent',
    'out of scope': 'absent',
  },
  placeholder: {
    'whole object': 'new',
    'same object': 'new',
    change: 'must be read first',
    deleted: 'placeholder',
    'out of scope': 'placeholder',
  },
  new: { 'whole object': 'new', 'same object': 'new', change: 'new', deleted: 'absent', 'out of scope': 'absent' },
  settled: {
    'whole object': 'changed',
    'same object': 'settled',
    change: 'changed',
    deleted: 'leaving',
    'out of scope': 'leaving',
  },
  changed: {
    'whole object': 'changed',
    'same object': 'changed',
    change: 'changed',
    deleted: 'leaving',
    'out of scope': 'leaving',
  },
  leaving: {
    'whole object': 'changed',
    'same object': 'changed',
    change: 'must be read first',
    deleted: 'leaving',
    'out of scope': 'leaving',
  },
};

const anchor = 'a';
const object = (title: string): ImportedObject => ({
  kind: 'object',
  anchor,
  dn: 'CN=a,DC=x',
  objectType: 'user',
  attributes: { title },
  references: {},
});

class Space {
  readonly store: Store = openStore(':memory:');
  readonly staging: Staging;
  constructor() {
    const connector = this.store.records.connector('ad', 'active-directory').id;
    const partition = this.store.records.partition(connector, 'DC=x').id;
    this.staging = new Staging(this.store, {
      connector,
      partition,
      run: 1,
      keys: new Set(['title']),
      confirm: () => {},
    });
  }
  get id(): number | undefined {
    return this.staging.idOf(anchor);
  }
  get state(): State {
    const row = this.id === undefined ? undefined : this.store.cs.get(this.id);
    if (!row) return 'absent';
    if (row.object_type === null) return 'placeholder';
    const pending = this.store.cs.pending(row.id)?.kind;
    return pending === undefined ? 'settled' : pending === 'add' ? 'new' : pending === 'delete' ? 'leaving' : 'changed';
  }
  reach(state: State): void {
    const enter: Record<State, () => void> = {
      absent: () => {},
      placeholder: () =>
        void this.staging.object({
          ...object('g'),
          anchor: 'g',
          dn: 'CN=g,DC=x',
          references: { member: [{ anchor }] },
        }),
      new: () => void this.staging.object(object('1')),
      settled: () => {
        this.reach('new');
        this.store.cs.clearPending(this.id!);
      },
      changed: () => {
        this.reach('settled');
        this.staging.object(object('2'));
      },
      leaving: () => {
        this.reach('settled');
        this.staging.delete(this.id!, 'deleted');
      },
    };
    enter[state]();
    assert.equal(this.state, state);
  }
  apply(event: Event): Outcome {
    switch (event) {
      case 'whole object':
        this.staging.object(object('3'));
        return this.state;
      case 'same object':
        this.staging.object(object(this.state === 'changed' ? '2' : '1'));
        return this.state;
      case 'change':
        return this.staging.change({ kind: 'change', anchor, attributes: { title: '4' }, references: {} })
          ? this.state
          : 'must be read first';
      case 'deleted':
      case 'out of scope':
        if (this.id !== undefined) this.staging.delete(this.id, event === 'deleted' ? 'deleted' : 'out-of-scope');
        return this.state;
    }
  }
}

for (const [state, events] of Object.entries(table) as [State, Record<Event, Outcome>][]) {
  for (const [event, outcome] of Object.entries(events) as [Event, Outcome][]) {
    test(`${state}, ${event}: ${outcome}`, () => {
      const space = new Space();
      space.reach(state);
      assert.equal(space.apply(event), outcome);
    });
  }
}

test('the pending import keeps what was synchronized, however often the object changes again', () => {
  const space = new Space();
  space.reach('changed');
  space.staging.object(object('9'));
  assert.deepEqual(JSON.parse(space.store.cs.pending(space.id!)!.previous!), {
    dn: 'CN=a,DC=x',
    objectType: 'user',
    attributes: { title: '1' },
  });
});

test('an object that leaves is a placeholder while something refers to it, and its edges are found again', () => {
  const space = new Space();
  space.staging.object(object('1'));
  space.staging.object({ ...object('g'), anchor: 'g', dn: 'CN=g,DC=x', references: { member: [{ anchor }] } });
  const id = space.id!;
  space.store.cs.clearPending(id);
  space.staging.delete(id, 'out-of-scope');
  space.staging.forget(space.store.cs.get(id)!);
  assert.equal(space.state, 'placeholder');
  space.staging.object(object('1'));
  assert.equal(space.id, id);
  assert.equal(space.store.references.to(id).length, 1);
});
