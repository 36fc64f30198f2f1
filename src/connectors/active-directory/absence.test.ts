/** What a Windows domain controller, and a Samba of unknown words, let conclude about an object that did not come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LdapEntry } from '../../ldap/types.ts';
import { findAbsences } from './absence.ts';
import {
  base,
  dirSyncCookie,
  dirSyncReply,
  entryOf,
  extended,
  guid,
  guidValue,
  jobOf,
  rootDse,
  type ScriptedAnswer,
  scriptedServer,
} from './test-helpers.ts';

const account = 'CORP\\svc';
const classes = ['top', 'person', 'user'];
const tombstone = (n: number): LdapEntry =>
  entryOf(`CN=x\\0ADEL:${guid(n)},CN=Deleted Objects,${base}`, {
    objectGUID: [guidValue(n)],
    objectClass: classes,
    isDeleted: ['TRUE'],
  });

/** States of the objects 1 to 3, which no ordinary search finds. */
async function statesOf(bySearch: () => ScriptedAnswer, byDirSync: () => ScriptedAnswer, vendor = '') {
  const server = scriptedServer((request) => (dirSyncCookie(request) === undefined ? bySearch() : byDirSync()));
  const job = jobOf(server);
  const dc = { ...job.dc, rootDse: { ...rootDse, vendor } };
  const anchors = [guid(1), guid(2), guid(3)];
  const answers = await findAbsences({ ...job, dc }, anchors, account);
  assert.deepEqual(
    answers.map(({ anchor }) => anchor),
    anchors,
  );
  for (const { state, remedy, detail } of answers) {
    assert.ok(detail.endsWith('.'));
    assert.equal(remedy !== undefined, state !== 'gone');
  }
  return { states: answers.map(({ state }) => state), answers, requests: server.requests };
}
const notFound = (): ScriptedAnswer => ({
  code: 32,
  message: '0000208D: NameErr: DSID-0310028D, problem 2001 (NO_OBJECT)',
});

test('on Windows replication tells what a search cannot: there, deleted, or collected', async () => {
  const replicated = () => ({
    entries: [entryOf(extended(1, 'hidden'), { objectGUID: [guidValue(1)], objectClass: classes }), tombstone(2)],
    controls: [dirSyncReply(false, 'end')],
  });
  const { states, requests } = await statesOf(notFound, replicated);
  assert.deepEqual(states, ['present', 'gone', 'gone']);
  assert.equal(requests.filter((r) => dirSyncCookie(r) !== undefined).length, 1, 'one question for all');
});

test('without the right to replicate nothing is concluded on Windows, and the command is named', async () => {
  const { states, answers } = await statesOf(notFound, () => ({ code: 50 }));
  assert.deepEqual(states, ['unconfirmed', 'unconfirmed', 'unconfirmed']);
  assert.match(answers[0]?.remedy ?? '', /dsacls "CN=Deleted Objects,DC=corp,DC=example,DC=com" \/G "CORP\\svc:LCRP"/);
});

test('on Samba replication proves nothing, and words that are not known prove nothing', async () => {
  const empty = () => ({ controls: [dirSyncReply(false, 'end')] });
  const samba = 'Samba Team (https://samba.org)';
  const odd = await statesOf(() => ({ code: 32, message: 'Something new' }), empty, samba);
  assert.deepEqual(odd.states, ['unconfirmed', 'unconfirmed', 'unconfirmed']);
  const elsewhere = await statesOf(
    () => ({ code: 32, message: `dsdb_access: Access check failed on OU=Deleted Objects,${base}` }),
    empty,
    samba,
  );
  assert.deepEqual(elsewhere.states, ['present', 'present', 'present']);
});

test('a search that fails for another reason ends the import', async () => {
  await assert.rejects(statesOf(() => ({ code: 51 }), notFound));
  await assert.rejects(statesOf(notFound, () => ({ code: 52 })));
});

test('an object that left the partition is gone from it', async () => {
  const moved = entryOf('CN=x,DC=child,DC=example,DC=com', { objectClass: classes });
  const { states } = await statesOf(() => ({ entries: [moved] }), notFound);
  assert.deepEqual(states, ['gone', 'gone', 'gone']);
});
