/** Directory extensions: definitions of apps and of synchronization, and values of them (Graph: extensionProperty). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Tenant } from '../../src/tenant/tenant.ts';
import { type Call, caller, graphApp, type Reply, syncCaller, testTenant } from './support.ts';

const prefix = `extension_${graphApp.appId.replaceAll('-', '')}_`;
const available = '/directoryObjects/getAvailableExtensionProperties';
const namesOf = (reply: Reply): string[] => reply.body.value.map((e: { name: string }) => e.name);
let tenant: Tenant;
let graph: Call;
let path: string;
const user = '/users/ana@contoso.com';
before(async () => {
  tenant = testTenant({
    seed: {
      users: [{ displayName: 'Ana', userPrincipalName: 'ana@contoso.com' }],
      groups: [{ displayName: 'G' }],
      devices: [{ displayName: 'D' }],
    },
  });
  graph = await caller(tenant);
  const apps = (await graph('GET', `/applications?$filter=appId eq '${graphApp.appId}'`)).body.value;
  path = `/applications/${apps[0].id}/extensionProperties`;
});
const define = (name: string, dataType: string, more: object = {}) =>
  graph('POST', path, { name, dataType, targetObjects: ['User'], ...more });

test('an app defines an extension, it is listed, read, found by name and removed', async () => {
  const made = await define('skypeId', 'String');
  assert.equal(made.status, 201);
  const { '@odata.context': context, ...extension } = made.body;
  assert.equal(
    context,
    `http://tenant.test/v1.0/$metadata#applications('${path.split('/')[2]}')/extensionProperties/$entity`,
  );
  assert.equal(made.headers.get('location'), `http://tenant.test/v1.0${path}/${extension.id}`);
  assert.deepEqual(extension, {
    id: extension.id,
    deletedDateTime: null,
    appDisplayName: 'Reader',
    dataType: 'String',
    isMultiValued: false,
    isSyncedFromOnPremises: false,
    name: `${prefix}skypeId`,
    targetObjects: ['User'],
  });
  await define('other', 'Boolean');
  assert.deepEqual(namesOf(await graph('GET', path)), [`${prefix}other`, `${prefix}skypeId`]);
  assert.deepEqual(namesOf(await graph('GET', `${path}?$filter=name eq '${prefix}skypeid'`)), [`${prefix}skypeId`]);
  const byKey = `/applications(appId='${graphApp.appId}')/extensionProperties/${extension.id}`;
  assert.equal((await graph('GET', byKey)).body.name, extension.name);
  assert.deepEqual(Object.keys((await graph('GET', `${byKey}?$select=name`)).body).sort(), [
    '@odata.context',
    'id',
    'name',
  ]);
  const twice = await define('SkypeId', 'String');
  assert.match(twice.body.error.message, /An extension property exists with the name/);
  assert.equal((await graph('PATCH', user, { [extension.name]: 'ana.live' })).status, 204);
  assert.equal((await graph('DELETE', `${path}/${extension.id}`)).status, 204);
  assert.equal((await graph('GET', `${path}/${extension.id}`)).status, 404);
  assert.equal((await graph('GET', `${user}?$select=${extension.name}`)).status, 400, 'its values are out of sight');
  const refused = await graph('PATCH', user, { [extension.name]: 'x' });
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /^The following extension properties are not available: extension_/);
  await define('skypeId', 'String');
  assert.equal(
    (await graph('GET', `${user}?$select=${extension.name}`)).body[extension.name],
    'ana.live',
    'and back again',
  );
});

test('values have the type of their definition and belong to the classes it names', async () => {
  const good: Record<string, unknown[]> = {
    Binary: ['eA=='],
    Boolean: [true, false],
    DateTime: ['2026-01-02T03:04:05Z'],
    Integer: [0, -(2 ** 31), 2 ** 31 - 1],
    LargeInteger: [2 ** 40],
    String: ['x'.repeat(256), ''],
  };
  const bad: Record<string, unknown[]> = {
    Binary: ['?', 1, Buffer.alloc(257).toString('base64')],
    Boolean: ['true', 1],
    DateTime: ['yesterday', 5],
    Integer: ['1', 1.5, 2 ** 31],
    LargeInteger: [2 ** 53, '1'],
    String: ['x'.repeat(257), 1, ['x']],
  };
  for (const [type, values] of Object.entries(good)) {
    assert.equal((await define(`one${type}`, type)).status, 201, type);
    assert.equal((await define(`many${type}`, type, { isMultiValued: true })).status, 201, type);
    const [one, many] = [`${prefix}one${type}`, `${prefix}many${type}`];
    for (const value of values) {
      assert.equal((await graph('PATCH', user, { [one]: value })).status, 204, `${type} ${value}`);
      assert.deepEqual((await graph('GET', `${user}?$select=${one}`)).body[one], value);
    }
    assert.equal((await graph('PATCH', user, { [many]: values })).status, 204, type);
    assert.deepEqual((await graph('GET', `${user}?$select=${many}`)).body[many], values);
    for (const value of bad[type] as unknown[]) {
      assert.equal((await graph('PATCH', user, { [one]: value })).status, 400, `${type} ${value}`);
      assert.equal((await graph('PATCH', user, { [many]: [value] })).status, 400, `${type} ${value}`);
    }
    assert.equal((await graph('PATCH', user, { [many]: values[0] })).status, 400, `${type} takes a list`);
    assert.equal((await graph('PATCH', user, { [one]: null })).status, 204);
  }
  await graph('PATCH', user, {
    [`${prefix}oneBoolean`]: true,
    [`${prefix}oneInteger`]: 7,
    [`${prefix}oneString`]: 'Abc',
  });
  const eventual = { ConsistencyLevel: 'eventual' };
  for (const filter of [
    `${prefix}oneBoolean eq true`,
    `${prefix}oneInteger eq 7`,
    `${prefix}oneInteger ge 7`,
    `startswith(${prefix}oneString,'ab')`,
    `${prefix}manyLargeInteger/any(v:v eq ${2 ** 40})`,
    `${prefix}manyString/any(v:startswith(v,'xxx'))`,
  ]) {
    const found = await graph('GET', `/users?$count=true&$filter=${encodeURIComponent(filter)}`, undefined, eventual);
    assert.equal(found.body.value?.length, 1, `${filter}: ${JSON.stringify(found.body)}`);
  }
  const wrong = await graph('GET', `/users?$filter=${prefix}oneBoolean eq 'x'`);
  assert.equal(wrong.status, 400, 'operands have the type too');
  const [group] = (await graph('GET', '/groups')).body.value;
  assert.equal(
    (await graph('PATCH', `/groups/${group.id}`, { [`${prefix}oneString`]: 'x' })).status,
    400,
    'of users only',
  );
  await define('everywhere', 'String', { targetObjects: ['User', 'Group', 'Device', 'AdministrativeUnit'] });
  const value = { [`${prefix}everywhere`]: 'x' };
  const [device] = (await graph('GET', '/devices')).body.value;
  const unit = (await graph('POST', '/directory/administrativeUnits', { displayName: 'U', ...value })).body.id;
  for (const object of [
    user,
    `/groups/${group.id}`,
    `/devices/${device.id}`,
    `/directory/administrativeUnits/${unit}`,
  ]) {
    assert.equal((await graph('PATCH', object, value)).status, 204, object);
    assert.equal(
      (await graph('GET', `${object}?$select=${prefix}everywhere`)).body[`${prefix}everywhere`],
      'x',
      object,
    );
  }
  assert.equal((await graph('GET', `/users?$select=extension_${'0'.repeat(32)}_x`)).status, 400);
  const unknown = await graph('GET', `/users?$filter=extension_${'0'.repeat(32)}_x eq 'x'`);
  assert.match(unknown.body.error.message, /does not exist as a declared property or extension property/);
});

test('what synchronization filled is defined by the Tenant Schema Extension App', async () => {
  const synced = `extension_${'c'.repeat(32)}_costCenter`;
  const codes = `extension_${'c'.repeat(32)}_codes`;
  const properties = { displayName: 'Bo', userPrincipalName: 'bo@contoso.com', [synced]: 'K1', [codes]: ['a', 'b'] };
  const made = await (await syncCaller(tenant))('POST', '/sync/v1/provision', {
    objects: [{ operation: 'Add', objectType: 'User', sourceAnchor: 'bo', properties }],
  });
  assert.equal(made.body.results[0].resultCode, 'Success');
  const all = await graph('POST', available, {});
  assert.equal(all.body['@odata.context'], 'http://tenant.test/v1.0/$metadata#Collection(extensionProperty)');
  const only = await graph('POST', available, { isSyncedFromOnPremises: true });
  assert.deepEqual(namesOf(only), [codes, synced]);
  const { id: _, ...definition } = only.body.value[1];
  assert.deepEqual(definition, {
    '@odata.type': '#microsoft.graph.extensionProperty',
    deletedDateTime: null,
    appDisplayName: 'Tenant Schema Extension App',
    dataType: 'String',
    isMultiValued: false,
    isSyncedFromOnPremises: true,
    name: synced,
    targetObjects: ['User'],
  });
  assert.equal(only.body.value[0].isMultiValued, true);
  const others = namesOf(await graph('POST', available, { isSyncedFromOnPremises: false }));
  assert.deepEqual([...others, codes, synced].sort(), namesOf(all).sort());
  assert.equal((await graph('GET', `/users?$filter=${synced} eq 'k1'`)).body.value.length, 1);
  assert.equal(
    (await graph('PATCH', '/users/bo@contoso.com', { [synced]: 'x' })).status,
    400,
    'the directory masters it',
  );
  assert.equal((await graph('PATCH', user, { [synced]: 'x' })).status, 204, 'a user of the cloud may have it too');
  assert.equal((await graph('POST', available, { isSyncedFromOnPremises: 'yes' })).status, 400);
  assert.equal((await graph('GET', available)).status, 405);
});

test('an object has values of at most 100 extensions, through Graph too (s.4.2)', async () => {
  const values: Record<string, string> = {};
  for (let i = 0; i < 101; i++) {
    await define(`n${i}`, 'String');
    values[`${prefix}n${i}`] = 'x';
  }
  const cy = (
    await graph('POST', '/users', {
      accountEnabled: true,
      displayName: 'Cy',
      mailNickname: 'cy',
      userPrincipalName: 'cy@contoso.com',
      passwordProfile: { password: 'Tr0ub4dor&3' },
    })
  ).body.id;
  const { [`${prefix}n100`]: last, ...hundred } = values;
  assert.equal((await graph('PATCH', `/users/${cy}`, hundred)).status, 204);
  assert.match((await graph('PATCH', `/users/${cy}`, { [`${prefix}n100`]: last })).body.error.message, /at most 100/);
  assert.equal((await graph('PATCH', `/users/${cy}`, { [`${prefix}n0`]: null, [`${prefix}n100`]: last })).status, 204);
});

test('what is wrong with a definition is said, and who may not write it', async () => {
  const wrong: Record<string, object> = {
    name: { name: 'no blanks', dataType: 'String', targetObjects: ['User'] },
    dataType: { name: 'a', dataType: 'string', targetObjects: ['User'] },
    targetObjects: { name: 'a', dataType: 'String', targetObjects: ['Contact'] },
    isMultiValued: { name: 'a', dataType: 'String', targetObjects: ['User'], isMultiValued: 'yes' },
    appDisplayName: { name: 'a', dataType: 'String', targetObjects: ['User'], appDisplayName: 'x' },
  };
  for (const [name, body] of Object.entries(wrong)) {
    const { status, body: answer } = await graph('POST', path, body);
    assert.equal(status, 400, name);
    assert.ok(answer.error.message.includes(name), answer.error.message);
  }
  for (const missing of ['name', 'dataType', 'targetObjects']) {
    const { [missing]: _, ...body } = { name: 'a', dataType: 'String', targetObjects: ['User'] } as Record<
      string,
      unknown
    >;
    assert.match(
      (await graph('POST', path, body)).body.error.message,
      new RegExp(`required for property '${missing}'`),
    );
  }
  assert.equal((await graph('GET', `${path}?$filter=dataType eq 'String'`)).status, 400);
  assert.equal((await graph('PATCH', path, {})).status, 405);
  const own = testTenant({ permissions: ['Application.ReadWrite.OwnedBy'] });
  const call = await caller(own);
  const apps = (await call('GET', '/applications')).body.value as { id: string; appId: string }[];
  const body = { name: 'a', dataType: 'String', targetObjects: ['User'] };
  for (const app of apps) {
    const expected = app.appId === graphApp.appId ? 201 : 403;
    assert.equal((await call('POST', `/applications/${app.id}/extensionProperties`, body)).status, expected);
  }
  tenant.reset();
  const left = namesOf(await graph('POST', available));
  assert.ok(left.length > 100 && left.every((name) => name.startsWith(prefix)), 'apps keep theirs, the rest is gone');
});
