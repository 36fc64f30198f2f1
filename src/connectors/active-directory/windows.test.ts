/** What a Windows domain controller does and Samba does not: pieces of large attributes, replies in rounds, limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LdapEntry, SearchRequest } from '../../ldap/types.ts';
import type { ImportItem } from '../../model/change.ts';
import { importAll, importChanges, readWhole } from './dirsync.ts';
import {
  base,
  dirSyncCookie,
  dirSyncReply,
  entryOf,
  extended,
  guid,
  guidValue,
  jobOf,
  type ScriptedAnswer,
  scriptedServer,
  selectionOf,
  type Values,
} from './test-helpers.ts';
import { searchAllObjects } from './usn.ts';

const group = ['top', 'group'];
const members = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => extended(1000 + from + i, `m${from + i}`));
const anchorsOf = (items: readonly ImportItem[]) =>
  items.flatMap((i) =>
    'references' in i && 'member' in i.references ? [...Object.values(i.references.member)].flat() : [],
  );
async function collect(batches: AsyncIterable<{ items: readonly ImportItem[] } | readonly ImportItem[]>) {
  const items: ImportItem[] = [];
  for await (const batch of batches) items.push(...('items' in batch ? batch.items : batch));
  return items;
}

/** A group of 4,000 that is handed out 1,500 members at a time. */
function rangedGroup(request: SearchRequest): ScriptedAnswer {
  const asked = request.attributes?.find((a) => a.startsWith('member;range='));
  const from = asked ? Number(/range=(\d+)-/.exec(asked)?.[1]) : 0;
  const last = from + 1499 >= 3999;
  const to = last ? 3999 : from + 1499;
  const values: Values = {
    objectClass: group,
    objectGUID: [guidValue(5)],
    uSNChanged: ['1'],
    ...(from === 0 ? { member: [] } : {}),
    [`member;range=${from}-${last ? '*' : to}`]: members(from, to),
  };
  return { entries: [entryOf(extended(5, 'crowd'), values)] };
}

test('a search returns a large group in pieces, and all of them arrive with their anchors', async () => {
  const server = scriptedServer(rangedGroup);
  const items = await collect(searchAllObjects(jobOf(server)));
  assert.equal(items.length, 1);
  assert.equal(anchorsOf(items).length, 4000);
  assert.deepEqual(anchorsOf(items)[3999], { anchor: guid(4999), dn: `CN=m3999,${base}` });
});

test('a group beyond 20,000 comes in pieces of that size, one behind the other', async () => {
  const all = members(0, 44_999);
  const server = scriptedServer(() => ({
    entries: [
      entryOf(extended(5, 'crowd'), { objectClass: group, member: all }),
      entryOf(extended(6, 'x'), { objectClass: group }),
    ],
  }));
  const items = await collect(searchAllObjects(jobOf(server)));
  assert.deepEqual(
    items.map((i) => [i.kind, i.anchor]),
    [
      ['object', guid(5)],
      ['more-references', guid(5)],
      ['more-references', guid(5)],
      ['object', guid(6)],
    ],
  );
  assert.equal(anchorsOf(items).length, 45_000);
});

test('a full DirSync in rounds; an object whose links come later is read', async () => {
  const rounds: Record<string, readonly LdapEntry[]> = {
    '': [entryOf(extended(5, 'crowd'), { objectClass: group, 'member;range=1-1': members(0, 9), mail: ['c@x'] })],
    one: [entryOf(extended(5, 'crowd'), { 'member;range=1-1': members(10, 19) })],
    two: [entryOf(extended(6, 'late'), { objectClass: group }), entryOf(extended(7, 'gone'), { isDeleted: ['TRUE'] })],
  };
  const next: Record<string, string> = { '': 'one', one: 'two', two: 'three' };
  const server = scriptedServer((request) => {
    const cookie = dirSyncCookie(request);
    if (cookie === undefined) return rangedGroup(request);
    const to = next[cookie] as string;
    return { entries: rounds[cookie] ?? [], controls: [dirSyncReply(to !== 'three', to)] };
  });
  const batches = [];
  for await (const batch of importAll(jobOf(server))) batches.push(batch);
  const objects = batches.flatMap((b) => b.items);
  assert.deepEqual(
    objects.map((o) => [o.kind, o.anchor]),
    [
      ['object', guid(5)],
      ['object', guid(6)],
      ['object', guid(5)],
    ],
  );
  assert.equal(anchorsOf(objects.slice(2)).length, 4000);
  assert.deepEqual(
    batches.map((b) => b.cookie?.toString()),
    [undefined, undefined, 'three'],
  );
});

test('a delta in rounds has a cookie for each, so that an interruption repeats little', async () => {
  const server = scriptedServer((request) => {
    const cookie = dirSyncCookie(request);
    return cookie === 'start'
      ? { entries: [entryOf(extended(1, 'a'), { mail: ['a@x'] })], controls: [dirSyncReply(true, 'half')] }
      : { entries: [entryOf(extended(2, 'b'), { mail: ['b@x'] })], controls: [dirSyncReply(false, 'end')] };
  });
  const cookies: (string | undefined)[] = [];
  for await (const { cookie } of importChanges(jobOf(server), Buffer.from('start'))) cookies.push(cookie?.toString());
  assert.deepEqual(cookies, [undefined, 'half', undefined, 'end']);
});

test('an object that came back from the recycle bin brings its memberships, which no group reports', async () => {
  const server = scriptedServer((request) => {
    if (dirSyncCookie(request) !== undefined) {
      return { entries: [entryOf(extended(7, 'ana'), { isDeleted: [] })], controls: [dirSyncReply(false, 'end')] };
    }
    const values = request.attributes?.includes('memberOf')
      ? { memberOf: [extended(5, 'team')], directReports: [extended(8, 'ove')] }
      : { objectClass: ['top', 'person', 'user'], mail: ['ana@x'] };
    return { entries: [entryOf(extended(7, 'ana'), values)] };
  });
  const items = await collect(importChanges(jobOf(server), Buffer.from('start')));
  assert.deepEqual(
    items.map((i) => [i.kind, i.anchor]),
    [
      ['delete', guid(7)],
      ['object', guid(7)],
      ['change', guid(5)],
      ['change', guid(8)],
    ],
  );
  assert.deepEqual(
    items.slice(2).map((i) => i.kind === 'change' && i.references),
    [
      { member: { added: [{ anchor: guid(7) }], removed: [] } },
      { manager: { added: [{ anchor: guid(7) }], removed: [] } },
    ],
  );
});

test('an object that the account may not read does not pass for deleted', async () => {
  const server = scriptedServer((request) => {
    if (dirSyncCookie(request) === undefined) return { code: 32 };
    const hidden = entryOf(extended(7, 'hidden'), { objectClass: ['top', 'person', 'user'], mail: ['h@x'] });
    return { entries: [hidden], controls: [dirSyncReply(false, 'end')] };
  });
  const read = await readWhole(jobOf(server), [guid(7), guid(8)]);
  assert.deepEqual(
    read.map((r) => [r.kind, r.anchor]),
    [
      ['object', guid(7)],
      ['missing', guid(8)],
    ],
  );
});

test('limits, referrals and replies without the control end an import; nothing is concluded from them', async () => {
  const entries = [entryOf(extended(1, 'a'), { objectClass: group })];
  for (const code of [3, 4, 10, 11, 51]) {
    const server = scriptedServer(() => ({ entries, code }));
    await assert.rejects(collect(searchAllObjects(jobOf(server))));
    await assert.rejects(collect(importAll(jobOf(server))));
  }
  await assert.rejects(collect(importAll(jobOf(scriptedServer(() => ({ entries }))))), /without the DirSync control/);
});

test('pages are asked for except where the server is Samba', async () => {
  const requests: string[] = [];
  const server = scriptedServer(() => ({ entries: [] }));
  const connection = {
    ...server.connection,
    searchPaged: (request: SearchRequest & { pageSize: number }) => {
      requests.push(`paged ${request.pageSize}`);
      return server.connection.search(request);
    },
  };
  const job = jobOf({ ...server, connection });
  await collect(searchAllObjects(job));
  const samba = { ...job.dc, rootDse: { ...job.dc.rootDse, vendor: 'Samba Team (https://www.samba.org)' } };
  await collect(searchAllObjects({ ...job, dc: samba }));
  assert.deepEqual(requests, ['paged 1000']);
  assert.deepEqual(selectionOf().searchAttributes.includes('isDeleted'), true);
});
