/**
 * Writes whose answer never came, in both dialects: the engine reads back what became of them, and never repeats a create
 * blindly (law 3). Each kind of write is cut before the tenant heard of it, after it committed, and in its answer.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../support/temp.ts';
import { type Cut, type CuttingProxy, cuts, cuttingProxy } from './cutting-proxy.ts';
import { type Dialect, DialectLab, Directory } from './lab.ts';

interface Scene {
  readonly name: string;
  readonly change: (directory: Directory) => void;
  /** The request to cut, by dialect. */
  readonly write: Readonly<Record<Dialect, RegExp>>;
}

const crowd = Array.from({ length: 25 }, (_, i) => `crowd${i}`);
const scenes: readonly Scene[] = [
  {
    name: 'a user is made',
    change: (d) => d.user('new', { mail: 'new@contoso.com' }),
    write: { graph: /"method":"POST","url":"\/users"/, sync: /"operation":"Add"/ },
  },
  {
    name: 'a group is made',
    change: (d) => d.group('Group', []),
    write: { graph: /"method":"PATCH","url":"\/groups\(uniqueName=/, sync: /"operation":"Add"/ },
  },
  {
    name: 'a user is changed',
    change: (d) => d.change('ada', { title: 'Lead' }),
    write: { graph: /"method":"PATCH","url":"\/users\//, sync: /"operation":"Set"/ },
  },
  {
    name: 'members are added, twenty a write',
    change: (d) => d.members('Staff', ['ada', ...crowd]),
    write: { graph: /members@odata\.bind/, sync: /"member"/ },
  },
  {
    name: 'members are removed',
    change: (d) => d.members('Crowd', crowd.slice(20)),
    write: { graph: /"method":"DELETE","url":"\/groups\/[^"]*\/members\/[^"]*\/\$ref"/, sync: /"member"/ },
  },
  {
    name: 'a manager is set',
    change: (d) => d.change('ada', { manager: d.dn('ben') }),
    write: { graph: /manager\/\$ref/, sync: /"manager"/ },
  },
  {
    name: 'a user is deleted',
    change: (d) => void d.take('cy'),
    write: { graph: /"method":"DELETE","url":"\/users\//, sync: /"operation":"Delete"/ },
  },
  {
    name: 'a group is deleted',
    change: (d) => void d.take('Staff'),
    write: { graph: /"method":"DELETE","url":"\/groups\/[^/"]*"/, sync: /"operation":"Delete"/ },
  },
];

/** How often the tenant carried out the creation of users and groups. */
const creations = (proxy: CuttingProxy): number =>
  proxy.passed.reduce(
    (n, text) =>
      n + (text.match(/"method":"POST","url":"\/users"|"url":"\/groups\(uniqueName=|"operation":"Add"/g) ?? []).length,
    0,
  );

/** The directory before the change, at this path. */
function directoryAt(path: string): Directory {
  const directory = new Directory(path);
  for (const name of ['ada', 'ben', 'cy', ...crowd]) directory.user(name);
  directory.group('Staff', ['ada']);
  directory.group('Crowd', crowd);
  directory.save();
  return directory;
}

/** Plays a scene and returns what the cloud holds in the end. */
async function play(dialect: Dialect, scene: Scene, cut: Cut, path: string): Promise<unknown> {
  const directory = directoryAt(path);
  let lab: DialectLab | undefined;
  await using proxy = await cuttingProxy(() => (lab as DialectLab).tenant);
  lab = await new DialectLab(dialect, path, undefined, { url: proxy.url }).open();
  using _ = lab;
  await lab.settle();
  const label = `${dialect}: ${scene.name}, cut ${cut}`;
  scene.change(directory);
  directory.save();
  proxy.passed.length = 0;
  proxy.cutNext(scene.write[dialect], cut);
  const { outcome } = await lab.cycle();
  assert.ok(proxy.hasCut(), `${label}: there was no such write`);
  assert.equal(outcome, 'clean', `${label}: ${JSON.stringify([lab.store.records.errors(3), lab.logged.slice(-3)])}`);
  await lab.settle();
  // A create that arrived is not sent again; one that was cut before is sent once more.
  assert.equal(creations(proxy), scene.name.endsWith('is made') ? 1 : 0, label);
  return await lab.cloud();
}

for (const dialect of ['graph', 'sync'] as const) {
  for (const scene of scenes) {
    test(`${dialect}: ${scene.name}`, async () => {
      const folder = tempDirectory('lost-answers');
      const path = join(folder.path, 'corp.ldif');
      for (const cut of cuts) {
        const cloud = await play(dialect, scene, cut, path);
        // The directory is as it was left; a cloud that nobody disturbed holds the same.
        using undisturbed = await new DialectLab(dialect, path).open();
        await undisturbed.cycle();
        await undisturbed.cycle();
        assert.deepEqual(cloud, await undisturbed.cloud(), `${dialect}: ${scene.name}, cut ${cut}`);
      }
      folder.remove();
    });
  }
}
