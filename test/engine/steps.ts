/** What may happen in a directory and its target between two cycles, for tests that make up histories. */
import fc from 'fast-check';
import type { World } from './world.ts';

export const people = Array.from({ length: 8 }, (_, i) => `p${i}`);
const groups = ['g0', 'g1', 'g2'];
export const everybody = [...people, ...groups];

export type Step =
  | { kind: 'user'; who: string; title: string | undefined; manager: string | undefined }
  | { kind: 'group'; who: string; members: string[] }
  | { kind: 'attributes'; who: string; title: string | null; mail: string | null; proxies: string[] }
  | { kind: 'members'; who: string; members: string[] }
  | { kind: 'move'; who: string; ou: string }
  | { kind: 'remove'; who: string }
  | { kind: 'tamper'; who: number; title: string | null }
  | { kind: 'vanish'; who: number }
  | { kind: 'cycle'; fault: 'none' | 'lost' | 'done' | 'import' };

const title = fc.constantFrom('a', 'b', 'hidden');
const members = fc.uniqueArray(fc.constantFrom(...everybody), { maxLength: 6 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('user' as const),
    who: fc.constantFrom(...people),
    title: fc.option(title, { nil: undefined }),
    manager: fc.option(fc.constantFrom(...people), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('group' as const), who: fc.constantFrom(...groups), members }),
  fc.record({
    kind: fc.constant('attributes' as const),
    who: fc.constantFrom(...everybody),
    title: fc.option(title),
    mail: fc.option(fc.constantFrom('x@y', 'z@y')),
    proxies: fc.uniqueArray(fc.constantFrom('smtp:a@x', 'SMTP:b@x', 'x500:c'), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('members' as const), who: fc.constantFrom(...groups), members }),
  fc.record({
    kind: fc.constant('move' as const),
    who: fc.constantFrom(...everybody),
    ou: fc.constantFrom('People', 'Secret', 'Other'),
  }),
  fc.record({ kind: fc.constant('remove' as const), who: fc.constantFrom(...everybody) }),
  fc.record({ kind: fc.constant('tamper' as const), who: fc.nat(10), title: fc.option(title) }),
  fc.record({ kind: fc.constant('vanish' as const), who: fc.nat(10) }),
  fc.record({
    kind: fc.constant('cycle' as const),
    fault: fc.constantFrom('none' as const, 'none' as const, 'lost' as const, 'done' as const, 'import' as const),
  }),
);

/** Does to the directories what a step says, if it makes sense at this moment. */
export function apply(world: World, s: Exclude<Step, { kind: 'cycle' }>): void {
  const held = world.ad.objects.get('who' in s && typeof s.who === 'string' ? s.who : '');
  const cloud = [...world.cloud.objects.keys()];
  switch (s.kind) {
    case 'user':
      if (!held)
        world.user(s.who, s.title === undefined ? {} : { title: s.title }, s.manager ? { manager: s.manager } : {});
      return;
    case 'group':
      if (!held) world.group(s.who, s.members);
      return;
    case 'attributes':
      if (held)
        world.ad.change(s.who, {
          attributes: {
            title: s.title,
            mail: s.mail,
            proxyAddresses: s.proxies.length ? s.proxies : null,
          },
        });
      return;
    case 'members':
      if (held) world.ad.change(s.who, { references: { member: s.members } });
      return;
    case 'move':
      if (held) world.ad.change(s.who, { dn: `CN=${s.who},OU=${s.ou},DC=x` });
      return;
    case 'remove':
      if (held) world.ad.remove(s.who);
      return;
    case 'tamper':
      if (cloud.length > 0) world.cloud.change(cloud[s.who % cloud.length]!, { attributes: { displayName: s.title } });
      return;
    case 'vanish':
      if (cloud.length > 0) world.cloud.remove(cloud[s.who % cloud.length]!);
  }
}

/** Takes away what is out of scope, so that `expectedState` tells what the cloud should hold. */
export function visible(world: World): void {
  for (const [anchor, o] of [...world.ad.objects]) if (o.dn.includes('OU=Secret')) world.ad.objects.delete(anchor);
  for (const o of world.ad.objects.values())
    for (const n of Object.keys(o.references))
      o.references[n] = o.references[n]!.filter((a) => world.ad.objects.has(a));
}
