import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultError } from '../../ldap/errors.ts';
import type { LdapEntry } from '../../ldap/types.ts';
import type { LiveDirectory } from '../connectivity/live.ts';
import type { DirectoryChange } from './action.ts';
import type { FixHost } from './fix.ts';
import { FixError } from './fix-error.ts';
import { type DirectoryAction, manyChanges, performMany } from './portions.ts';
import { bulkFix, swap } from './text.ts';

const refusal = (code: number) =>
  resultError('the change', 'dc1', { code, matchedDn: '', message: '', referrals: [], controls: [] });
const suffix = (name: string, domain: string) => `${name}@${domain}`;

/** A directory that knows the sign-in names of people, and refuses to change some of them. */
class Scripted {
  readonly names = new Map<string, string>();
  readonly refused = new Set<string>();
  readonly journal: { kind: string; from?: unknown; to?: unknown; changes?: unknown }[] = [];
  readonly progress: number[] = [];
  modified = 0;

  constructor(people: number) {
    for (let i = 0; i < people; i++) this.names.set(`CN=p${i},DC=x`, suffix(`p${i}`, 'old.example'));
  }

  async modify(dn: string, changes: readonly DirectoryChange[]): Promise<void> {
    if (this.refused.has(dn)) throw refusal(19);
    const [from, to] = changes.map((c) => String(c.values[0]));
    if (this.names.get(dn) !== from) throw refusal(16);
    this.names.set(dn, to!);
    this.modified++;
  }

  async read({ base }: { base: string }): Promise<LdapEntry[]> {
    const name = this.names.get(base);
    return name === undefined
      ? []
      : [{ dn: base, attributes: [{ name: 'userPrincipalName', options: '', values: [Buffer.from(name)] }] }];
  }

  host(): Pick<FixHost, 'live' | 'journal' | 'progress'> {
    const directory = { modify: this.modify.bind(this), read: this.read.bind(this) } as unknown as LiveDirectory;
    return {
      live: { directory: async () => directory } as unknown as FixHost['live'],
      journal: (kind, detail) => void this.journal.push({ kind, ...detail }),
      progress: (done) => void this.progress.push(done),
    };
  }
}

const changesOf = (people: number): readonly DirectoryAction[] => {
  const { action, applicable, text } = bulkFix(
    'Move all',
    Array.from({ length: people }, (_, i) => ({
      connector: 'corp',
      dn: `CN=p${i},DC=x`,
      changes: swap('userPrincipalName', suffix(`p${i}`, 'old.example'), suffix(`p${i}`, 'new.example')),
    })),
  );
  assert.ok(applicable && action);
  assert.equal(text.match(/^dn: /gm)?.length, Math.min(people, 500));
  return manyChanges(action)!;
};

test('1,200 objects of one fix are changed in portions, each in the journal, with progress', async () => {
  const world = new Scripted(1200);
  await performMany(world.host(), changesOf(1200), { finding: 'f' });
  assert.ok([...world.names.values()].every((name) => name.endsWith('@new.example')));
  assert.deepEqual(
    world.journal.map(({ kind, from, to, changes }) => [kind, from, to, (changes as unknown[]).length]),
    Array.from({ length: 12 }, (_, i) => ['fix-portion', i * 100 + 1, i * 100 + 100, 100]),
  );
  assert.equal(world.progress.at(-1), 1200);
  assert.deepEqual(
    [...world.progress].sort((a, b) => a - b),
    world.progress,
  );
});

test('a refusal ends it with what was done; applied again it goes on, and changes nothing twice', async () => {
  const world = new Scripted(1200);
  world.refused.add('CN=p700,DC=x');
  const run = () => performMany(world.host(), changesOf(1200), { finding: 'f' });
  await assert.rejects(run, (error: FixError) => {
    assert.ok(error instanceof FixError);
    assert.match(error.message, /^CN=p700,DC=x was refused: .*constraintViolation/);
    assert.match(error.message, new RegExp(`Of 1200 changes ${world.modified} were made and stay\\.`));
    return true;
  });
  assert.ok(world.modified >= 700 && world.modified < 710, String(world.modified));
  assert.equal(world.journal.length, 8);
  world.refused.clear();
  await run();
  assert.equal(world.modified, 1200);
  assert.ok([...world.names.values()].every((name) => name.endsWith('@new.example')));
});

test('somebody who has another value by now is not changed, and named', async () => {
  const world = new Scripted(3);
  world.names.set('CN=p1,DC=x', 'elsewhere@third.example');
  await assert.rejects(performMany(world.host(), changesOf(3), {}), /CN=p1,DC=x was refused: .*noSuchAttribute/);
  assert.equal(world.names.get('CN=p1,DC=x'), 'elsewhere@third.example');
});
