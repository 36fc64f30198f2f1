import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDatabase } from './database.ts';
import { LinkStore, linkKinds } from './links.ts';
import { ObjectStore } from './objects.ts';

test('the kept number of links is the number of links to what is live, whatever comes, goes or is undone', () => {
  const step = fc.record({
    what: fc.constantFrom('add', 'add', 'add', 'remove', 'detach', 'bin', 'restore', 'undo', 'ask'),
    source: fc.nat({ max: 3 }),
    target: fc.nat({ max: 3 }),
    kind: fc.constantFrom('member' as const, 'owner' as const),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const db = openDatabase(':memory:');
      const objects = new ObjectStore(db);
      const links = new LinkStore(db, objects);
      const all = [0, 1, 2, 3].map((i) => objects.insert({ id: `o${i}`, kind: 'group', body: {} }));
      for (const { what, source, target, kind } of steps) {
        const [from, to] = [all[source]!, all[target]!];
        if (what === 'add') links.add(from.seq, kind, to);
        else if (what === 'remove') links.remove(from.seq, kind, to);
        else if (what === 'detach') links.detach(from);
        else if (what === 'bin' && to.deletedAt === undefined) {
          links.announce(to, false);
          objects.bin(to, 1, {});
          all[target] = objects.bySeq(to.seq)!;
        } else if (what === 'restore' && to.deletedAt !== undefined) {
          all[target] = objects.unbin(to, to.body, undefined);
          links.announce(all[target], true);
        } else if (what === 'undo') {
          assert.throws(() =>
            db.transaction(() => {
              links.add(from.seq, kind, to);
              links.detach(to);
              throw new Error('undone');
            }),
          );
        }
        const rows = db.sql(
          'SELECT count(*) AS n FROM link l JOIN object o ON o.seq = l.target WHERE l.source = ? AND l.kind = ? AND o.deleted_at IS NULL',
        );
        assert.equal(links.count(from.seq, kind), (rows.get(from.seq, linkKinds[kind]) as { n: number }).n);
      }
      db.close();
    }),
    { numRuns: 200, seed: 20260125 },
  );
});
