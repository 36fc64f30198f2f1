/** Users who want what others of ours are about to give up: they get it, whoever is refused or killed on the way. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempDirectory } from '../support/temp.ts';
import { type BatchItem, DialectLab, Directory } from './lab.ts';

type Values = Readonly<Record<string, string>>;
const name = (of: string) => `${of}@contoso.com`;
/** The sign-in name of another one, its address too if they have any. */
const asOther = (of: string, what: Kind): Values => ({
  ...(what === 'address' ? {} : { userPrincipalName: name(of) }),
  ...(what === 'name' ? {} : { mail: name(`${of}.mail`) }),
});
type Kind = 'name' | 'address' | 'both';

class World {
  readonly lab: DialectLab;
  readonly directory: Directory;
  constructor(lab: DialectLab, directory: Directory) {
    this.lab = lab;
    this.directory = directory;
  }
  /** Each gets what the next one of the ring has. */
  turn(ring: readonly string[], kind: Kind): void {
    for (const [i, who] of ring.entries())
      this.directory.change(who, asOther(ring[(i + 1) % ring.length] as string, kind));
    this.directory.save();
  }
  async of(who: string): Promise<readonly [string, string | null]> {
    const { value } = (await this.lab.graph('GET', '/users?$select=displayName,userPrincipalName,mail')).body;
    const user = (value as Values[]).find((u) => u.displayName === `User ${who}`);
    return [user?.userPrincipalName ?? '', user?.mail ?? null];
  }
  /** Nothing is written in the next two cycles, and the laws hold. */
  async rests(codes: readonly string[] = []): Promise<void> {
    await this.lab.settle();
    this.lab.writes.length = 0;
    await this.lab.cycle();
    await this.lab.cycle('initial');
    assert.deepEqual(this.lab.writes, []);
    assert.equal(this.lab.pending(), 0);
    assert.deepEqual(this.lab.errors(), codes, JSON.stringify(this.lab.store.records.errors(5)));
  }
  async assertTurned(ring: readonly string[], kind: Kind): Promise<void> {
    for (const [i, who] of ring.entries()) {
      const next = ring[(i + 1) % ring.length] as string;
      const had = [kind === 'address' ? who : next, kind === 'name' ? who : next] as const;
      assert.deepEqual(await this.of(who), [name(had[0]), name(`${had[1]}.mail`)], who);
    }
  }
}

async function world(t: TestContext, people: readonly string[]): Promise<World> {
  const folder = tempDirectory('graph-exchanges');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  for (const who of people) directory.user(who, { mail: name(`${who}.mail`) });
  directory.save();
  const lab = await new DialectLab('graph', path).open();
  t.after(() => {
    lab[Symbol.dispose]();
    folder.remove();
  });
  await lab.settle();
  return new World(lab, directory);
}

for (const ring of [
  ['ada', 'ben'],
  ['ada', 'ben', 'cy'],
]) {
  for (const kind of ['name', 'address', 'both'] as const) {
    test(`${kind}: a ring of ${ring.length} is written in one cycle`, async (t) => {
      const w = await world(t, [...ring, 'dee']);
      w.turn(ring, kind);
      await w.lab.cycle();
      await w.assertTurned(ring, kind);
      assert.deepEqual(await w.of('dee'), [name('dee'), name('dee.mail')]);
      await w.rests();
    });
  }
}

test('a ring that comes one by one is written when it is closed', async (t) => {
  const w = await world(t, ['ada', 'ben']);
  w.directory.change('ada', asOther('ben', 'both'));
  w.directory.save();
  await w.rests(['QuarantinedAttributeValueMustBeUnique']);
  w.turn(['ada', 'ben'], 'both');
  await w.lab.cycle();
  await w.lab.cycle();
  await w.assertTurned(['ada', 'ben'], 'both');
  await w.rests();
});

test('whoever follows gets what becomes free; one who wants the name of a stranger waits, and so do those behind', async (t) => {
  const w = await world(t, ['ada', 'ben']);
  const passwordProfile = { password: 'Xx1!aaaaaaaa' };
  const stranger = { displayName: 'Stranger', mailNickname: 's', accountEnabled: true, passwordProfile };
  await w.lab.graph('POST', '/users', { ...stranger, userPrincipalName: name('s') });
  w.directory.change('ada', asOther('ben', 'name'));
  w.directory.change('ben', asOther('s', 'name'));
  w.directory.save();
  const aside = 'QuarantinedAttributeValueMustBeUnique';
  await w.rests([aside, aside]);
  assert.deepEqual([(await w.of('ada'))[0], (await w.of('ben'))[0]], [name('ada'), name('ben')]);
  await w.lab.graph('DELETE', `/users/${name('s')}`);
  await w.rests();
  assert.deepEqual([(await w.of('ada'))[0], (await w.of('ben'))[0]], [name('ben'), name('s')]);
});

test('one side holds a role: both stay as they are and are told, until it is taken away', async (t) => {
  const w = await world(t, ['ada', 'ben']);
  const { id } = (await w.lab.graph('GET', `/users/${name('ben')}`)).body;
  const { value } = (await w.lab.graph('GET', '/roleManagement/directory/roleDefinitions')).body;
  const role = (value as { id: string; displayName: string }[]).find((r) => r.displayName === 'Global Administrator');
  const given = await w.lab.graph('POST', '/roleManagement/directory/roleAssignments', {
    principalId: id,
    roleDefinitionId: role?.id,
    directoryScopeId: '/',
  });
  assert.equal(given.status, 201);
  w.lab.tenant.advance(61_000);
  w.turn(['ada', 'ben'], 'both');
  w.lab.writes.length = 0;
  for (let i = 0; i < 3; i++) await w.lab.cycle();
  assert.deepEqual(w.lab.writes, []);
  assert.deepEqual(w.lab.errors(), ['ExistingAdminRoleConflict', 'QuarantinedAttributeValueMustBeUnique']);
  assert.deepEqual(await w.of('ada'), [name('ada'), name('ada.mail')]);
  assert.deepEqual(await w.of('ben'), [name('ben'), name('ben.mail')]);
  await w.lab.graph('DELETE', `/roleManagement/directory/roleAssignments/${given.body.id}`);
  w.lab.tenant.advance(61_000);
  for (let i = 0; i < 3; i++) await w.lab.cycle();
  await w.assertTurned(['ada', 'ben'], 'both');
  await w.rests();
});

test('the tenant refuses one of a ring its new name: all go back, are told, and it is not tried for ever', async (t) => {
  const w = await world(t, ['ada', 'ben', 'cy']);
  const refuse = (item: BatchItem): BatchItem =>
    item.body?.userPrincipalName === name('ada') && item.method === 'PATCH' && 'mail' in item.body
      ? { ...item, body: { ...item.body, usageLocation: 'nowhere' } }
      : item;
  // Only who was not ada before: going back is allowed.
  const { id } = (await w.lab.graph('GET', `/users/${name('ada')}`)).body;
  w.lab.tamper = (batch) => batch.map((item) => (item.url.endsWith(id) ? item : refuse(item)));
  w.turn(['ada', 'ben', 'cy'], 'both');
  await w.lab.cycle();
  for (const who of ['ada', 'ben', 'cy']) assert.deepEqual(await w.of(who), [name(who), name(`${who}.mail`)], who);
  const aside = 'QuarantinedAttributeValueMustBeUnique';
  assert.deepEqual(w.lab.errors(), ['DataValidationFailed', aside, aside]);
  assert.match(
    w.lab.store.records
      .errors(5)
      .map((e) => e.detail)
      .join(),
    /the tenant refused the exchange/,
  );
  w.lab.tenant.advance(3_700_000);
  await w.rests([aside, aside, aside]);
});

test('killed anywhere on the way: the next cycles write what is wished', async (t) => {
  for (const kind of ['name', 'both'] as const) {
    // Batches that got through whole, and how much of the one after: one lets go, the other takes.
    for (const [batches, items] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [1, 3],
    ] as const) {
      const ring = ['ada', 'ben', 'cy'];
      const w = await world(t, ring);
      let seen = 0;
      let kill = (): void => {};
      const killed = new Promise<void>((resolve) => {
        kill = resolve;
      });
      w.lab.tamper = async (batch) => {
        if (!batch.some((item) => item.method === 'PATCH') || seen++ < batches) return batch;
        for (const { method, url, body } of batch.slice(0, items))
          assert.equal((await w.lab.graph(method, url, body)).status, 204);
        kill();
        return new Promise(() => {});
      };
      w.turn(ring, kind);
      const outcome = await Promise.race([w.lab.cycle().then(() => 'done'), killed.then(() => 'killed')]);
      assert.equal(outcome, 'killed');
      w.lab.tamper = (batch) => batch;
      if (batches === 1 && items === 0)
        assert.match((await w.of('ada'))[0], /^exchanging-\d{8}@contoso\.onmicrosoft\.com$/);
      await w.lab.cycle();
      await w.assertTurned(ring, kind);
      await w.rests();
    }
  }
});
