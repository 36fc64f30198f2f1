/** Laws that hold for every population: decisions repeat, settle, and do not depend on the order of strangers. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { canonicalText } from '../model/value.ts';
import { isUnchanged } from './changes.ts';
import { addressKey, isPrimarySmtp } from './keys.ts';
import { addressesOf, provisioningErrorsOf, textOf } from './objects.ts';
import { overlayIndex } from './overlay.ts';
import { planProvision } from './provision.ts';
import { planRecalculation } from './recalculation.ts';
import type { ProvisionObject } from './sync-protocol.ts';
import { add, anchor, settingsWith, testContext, world } from './test-world.ts';

const runs = { numRuns: 150 };
const name = fc.constantFrom('ann', 'bob', 'cyd');
const domain = fc.constantFrom('contoso.com', 'pending.com', 'corp.local', 'contoso.onmicrosoft.com');
const address = fc.tuple(name, domain).map(([n, d]) => `${n}@${d}`);
const proxy = fc.tuple(fc.constantFrom('SMTP:', 'smtp:', 'smtp:', 'sip:'), address).map(([prefix, a]) => prefix + a);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** A user, group or contact out of so few names that they collide all the time. */
const operation = fc
  .record({
    type: fc.constantFrom('User' as const, 'User' as const, 'Group' as const, 'Contact' as const),
    number: fc.integer({ min: 1, max: 5 }),
    kind: fc.constantFrom('Add' as const, 'Add' as const, 'Set' as const, 'Delete' as const),
    upn: address,
    mail: optional(address),
    alias: optional(name),
    mailbox: fc.boolean(),
    proxies: fc.uniqueArray(proxy, { maxLength: 3 }),
  })
  .map(({ type, number, kind, upn, mail, alias, mailbox, proxies }): ProvisionObject => {
    const properties = {
      ...(type === 'User' ? { userPrincipalName: upn, ...(mailbox ? { msExchRemoteRecipientType: 4 } : {}) } : {}),
      ...(mail === undefined ? {} : { mail }),
      ...(alias === undefined ? {} : { alias }),
      ...(proxies.length === 0 ? {} : { proxyAddresses: proxies }),
    };
    // Anchors differ by class, as they do in a directory.
    const sourceAnchor = anchor(number + 10 * ['User', 'Group', 'Contact'].indexOf(type));
    return {
      ...add(type, sourceAnchor, properties),
      operation: kind,
      ...(kind === 'Delete' ? { properties: {} } : {}),
    };
  });
const operations = fc.array(operation, { minLength: 1, maxLength: 12 });

it('the same arguments give the same outcome', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const w = world();
      for (const op of list.slice(1)) w.run(op);
      const plan = () => planProvision(list[0] as ProvisionObject, w.index, w.settings, testContext());
      assert.deepEqual(plan(), plan());
    }),
    runs,
  );
});

it('planned, carried out and planned again, an object changes no more', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const w = world();
      for (const op of list) {
        const first = w.run(op);
        if (first.decision === 'refuse') continue;
        const again = w.plan(op);
        assert.ok(isUnchanged(again.changes), JSON.stringify([op, first.changes, again.changes]));
      }
    }),
    runs,
  );
});

it('an effective value belongs to one object only, and an object has one primary address', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const w = world();
      for (const op of list) w.run(op);
      const owners = new Map<string, string>();
      for (const object of w.index.objects()) {
        if (object.deleted) continue;
        const upn = textOf(object, 'userPrincipalName');
        const keys = new Set([
          ...addressesOf(object).map(addressKey),
          ...(upn === undefined ? [] : [`smtp:${upn.toLowerCase()}`]),
        ]);
        for (const key of keys) {
          assert.equal(owners.get(key), undefined, `${key} belongs to two objects`);
          owners.set(key, object.id);
        }
        assert.ok(addressesOf(object).filter(isPrimarySmtp).length <= 1);
        assert.equal(textOf(object, 'mail'), addressesOf(object).find(isPrimarySmtp)?.slice(5));
      }
    }),
    runs,
  );
});

it('the order of objects that share nothing does not matter', () => {
  const strangers = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(strangers, fc.boolean(), (numbers, withMail) => {
      const results = [numbers, [...numbers].reverse()].map((order) => {
        const w = world();
        for (const n of order) {
          const mail = withMail ? { proxyAddresses: [`SMTP:u${n}@contoso.com`] } : {};
          w.run(add('User', anchor(n), { userPrincipalName: `u${n}@contoso.com`, ...mail }));
        }
        return [...w.index.objects()].map((o) => canonicalText(o.graph as never)).sort();
      });
      assert.deepEqual(results[0], results[1]);
    }),
    runs,
  );
});

it('an overlay decides as if what is planned were carried out', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const w = world();
      const context = testContext();
      const overlay = overlayIndex(world().index);
      for (const op of list) {
        const planned = planProvision(op, overlay, settingsWith(), context);
        overlay.apply(planned);
        overlay.startBatch();
        const { target: _, ...rest } = planned;
        const { target: __, ...done } = w.run(op);
        assert.deepEqual(rest, done);
      }
    }),
    runs,
  );
});

it('after everybody else is gone, what was set aside heals completely, and only once', () => {
  fc.assert(
    fc.property(operations, (list) => {
      const w = world();
      for (const op of list) w.run(op);
      const waiting = [...w.index.objects()].find((o) => !o.deleted && provisioningErrorsOf(o).length > 0);
      if (waiting === undefined) return;
      for (const other of [...w.index.objects()]) if (other.id !== waiting.id) w.index.remove(other.id);
      const healing = planRecalculation(waiting, 'healing', w.index, w.settings, w.context);
      assert.deepEqual(healing?.changes.graph.onPremisesProvisioningErrors, []);
      const { graph, moera } = healing?.changes ?? { graph: {} };
      const healed = w.change(waiting.id, { graph: { ...waiting.graph, ...graph }, moera: moera ?? waiting.moera });
      assert.equal(planRecalculation(healed, 'healing', w.index, w.settings, w.context), undefined);
    }),
    runs,
  );
});
