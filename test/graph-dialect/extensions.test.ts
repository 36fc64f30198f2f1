/** Directory extensions from a directory file to the cloud, with both dialects (docs/entra.md, "Directory extensions"). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readingEngine } from '../../src/diagnosis/explain/engine.ts';
import { explain } from '../../src/diagnosis/explain/explain.ts';
import { readTenantImage, type TenantSource } from '../../src/diagnosis/plan/image-tenant.ts';
import { predictExports } from '../../src/diagnosis/plan/predict.ts';
import { type DirectoryExtensions, extensionNameOf } from '../../src/rules/out-of-box/extensions.ts';
import { createEngine } from '../../src/sync/context.ts';
import { runProfile } from '../../src/sync/cycle.ts';
import { createReplica } from '../../src/tenant/replica.ts';
import { dialects } from '../main-job/lab.ts';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';
import { app, permissions, signal } from './support.ts';

const options = { cycle: null, retryAll: true };

const application = '0f5a6f6e-1111-4222-8333-444455556666';
const extensions: DirectoryExtensions = {
  application,
  attributes: [
    { attribute: 'employeeType', objects: ['user'] },
    { attribute: 'otherTelephone', type: 'string', multiValued: true, objects: ['user'] },
    { attribute: 'adminCount', type: 'integer', objects: ['user'] },
    { attribute: 'hideDLMembership', type: 'boolean', name: 'hidden' },
    { attribute: 'jpegPhoto', type: 'binary', objects: ['user'] },
    { attribute: 'msDS-startDate', type: 'date', objects: ['user'] },
  ],
};
const named = (attribute: string, name?: string) => extensionNameOf(application, { attribute, name });
const names = {
  type: named('employeeType'),
  phones: named('otherTelephone'),
  count: named('adminCount'),
  hidden: named('hideDLMembership', 'hidden'),
  picture: named('jpegPhoto'),
  start: named('msDS-startDate'),
};
const definitions = [
  ['employeeType', 'String', false, ['User']],
  ['otherTelephone', 'String', true, ['User']],
  ['adminCount', 'Integer', false, ['User']],
  ['hidden', 'Boolean', false, ['User', 'Group']],
  ['jpegPhoto', 'Binary', false, ['User']],
  ['msDS_startDate', 'DateTime', false, ['User']],
] as const;

for (const dialect of dialects)
  describe(`dialect ${dialect}`, () => {
    const folder = tempDirectory(`extensions-${dialect}`);
    const path = join(folder.path, 'corp.ldif');
    const directory = new Directory(path);
    let lab: DialectLab;
    let applicationObject = '';

    /** What synchronization writes stays as it was written. */
    const start = dialect === 'sync' ? '2024-01-31T09:30:00.000Z' : '2024-01-31T09:30:00Z';

    const define = async ([name, dataType, isMultiValued, targetObjects]: (typeof definitions)[number]) => {
      const body = { name, dataType, isMultiValued, targetObjects };
      const answer = await lab.graph('POST', `/applications/${applicationObject}/extensionProperties`, body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
    };
    const read = async (what: string): Promise<Record<string, unknown>> => {
      const select = what.startsWith('/groups') ? names.hidden : Object.values(names).join(',');
      const { body, status } = await lab.graph('GET', `${what}${what.includes('?') ? '&' : '?'}$select=${select}`);
      assert.equal(status, 200, JSON.stringify(body));
      const one = (body.value ? body.value[0] : body) as Record<string, unknown>;
      return Object.fromEntries(
        Object.entries(one).filter(([name, value]) => name.startsWith('extension_') && value !== null),
      );
    };
    const user = () => read('/users/ada@contoso.com');
    const group = () => read("/groups?$filter=displayName eq 'Staff'");

    before(async () => {
      directory.user('ada', {
        employeeType: 'permanent',
        otherTelephone: ['+1 1', '+1 2'],
        adminCount: '7',
        hideDLMembership: 'TRUE',
        'msDS-startDate': '20240131093000.0Z',
        // Written as it stands: two colons are bytes in base64.
        'jpegPhoto:': 'AQID',
      });
      directory.user('ben', { otherTelephone: ['+1 3'] });
      directory.group('Staff', ['ada'], { hideDLMembership: 'FALSE' });
      directory.save();
      lab = await new DialectLab(dialect, path, undefined, { rules: { directoryExtensions: extensions } }).open();
      if (dialect === 'sync') return;
      const granted = [...permissions, 'Application.Read.All'];
      lab.tenant.registerApp({ ...app, displayName: 'Causeway', permissions: granted });
      const owner = { appId: application, displayName: 'Extensions', permissions: [], secret: 'sesame' };
      lab.tenant.registerApp(owner);
      applicationObject = (await lab.graph('GET', `/applications?$filter=appId eq '${application}'`)).body.value[0].id;
      for (const definition of definitions) await define(definition);
    });
    after(() => {
      lab[Symbol.dispose]();
      folder.remove();
    });

    test('every type arrives, of users and of groups, and nothing is exported twice', async () => {
      await lab.settle();
      assert.deepEqual(await user(), {
        [names.type]: 'permanent',
        [names.phones]: ['+1 1', '+1 2'],
        [names.count]: 7,
        [names.hidden]: true,
        [names.picture]: 'AQID',
        [names.start]: start,
      });
      assert.deepEqual(await group(), { [names.hidden]: false });
      assert.deepEqual(await read('/users/ben@contoso.com'), { [names.phones]: ['+1 3'] });
    });

    test('explain follows the value from the forest to the cloud', async () => {
      const engine = readingEngine(lab.env);
      const told = await explain(engine, 'ada@contoso.com', { attribute: names.type });
      const text = JSON.stringify(told);
      assert.equal(told.kind, 'attribute', text);
      for (const part of ['employeeType', 'In from AD - user DirectoryExtension', 'permanent'])
        assert.ok(text.includes(part), `${part} is missing: ${text}`);
    });

    test('values change and are cleared', async () => {
      directory.change('ada', { employeeType: 'temporary', otherTelephone: ['+1 2'], adminCount: undefined });
      directory.change('ben', { otherTelephone: undefined });
      directory.change('Staff', { hideDLMembership: undefined });
      directory.save();
      await lab.settle();
      assert.deepEqual(await user(), {
        [names.type]: 'temporary',
        [names.phones]: ['+1 2'],
        [names.hidden]: true,
        [names.picture]: 'AQID',
        [names.start]: start,
      });
      assert.deepEqual(await group(), {});
      assert.deepEqual(Object.values(await read('/users/ben@contoso.com')).flat(), []);
    });
  });

describe('dialect graph, where the tenant does not know the extension', () => {
  const folder = tempDirectory('extensions-missing');
  const directory = new Directory(join(folder.path, 'corp.ldif'));
  const rules = {
    directoryExtensions: { application, attributes: [{ attribute: 'employeeType', objects: ['user' as const] }] },
  };
  const granted = [...permissions, 'Application.Read.All'];
  let lab: DialectLab;

  const cloudConnector = () => lab.env.connectors[1]!.connector;
  const predict = async () => {
    const engine = createEngine(lab.env);
    const target = engine.all.find((c) => c.row.name === 'cloud')!;
    const connector = cloudConnector();
    await using session = await connector.open(signal, lab.env.ruleSet.readAttributes('cloud'));
    const image = await readTenantImage(session as unknown as TenantSource, lab.tenant.now(), signal);
    return await predictExports(engine, target, image, { retryAll: true, signal, makeReplica: createReplica });
  };

  before(async () => {
    directory.user('ada', { employeeType: 'permanent' });
    directory.user('ben');
    directory.save();
    lab = await new DialectLab('graph', join(folder.path, 'corp.ldif'), undefined, { rules }).open();
  });
  after(() => {
    lab[Symbol.dispose]();
    folder.remove();
  });

  test('who may not ask for definitions is told which permission is missing', async () => {
    const result = await lab.cycle();
    const [failed] = result.runs.filter((run) => run.connector === 'cloud');
    assert.equal(failed?.status, 'no-start-credentials');
    assert.match(failed.error?.message ?? '', /Application\.Read\.All \(to know which directory extensions/);
  });

  test('the object is written without it, told once, and predicted so', async () => {
    lab.tenant.registerApp({ ...app, displayName: 'Causeway', permissions: granted });
    for (const name of ['corp', 'cloud']) await runProfile(lab.env, 'full-import', name, options, signal);
    await runProfile(lab.env, 'full-sync', null, options, signal);
    const { withheld, refusals } = await predict();
    assert.deepEqual(refusals, []);
    assert.deepEqual(
      withheld.map((p) => [p.code, p.attribute]),
      [['not-offered-by-target', names.type]],
    );
    await lab.cycle();
    const [error] = lab.store.records.errors(5);
    assert.match(error?.detail ?? '', /does not define the directory extension extension_0f5a6f6e1111\w+_employeeType/);
    assert.match(error?.detail ?? '', /applications\(appId='0f5a6f6e-1111-4222-8333-444455556666'\)/);
    const told = await explain(readingEngine(lab.env), 'ada@contoso.com', { attribute: names.type });
    assert.match(JSON.stringify(told), /cloud did not take it and has no value\. The tenant does not define/);
    await lab.cycle();
    lab.writes.length = 0;
    await lab.cycle();
    assert.deepEqual(lab.writes, [], 'what nobody defines is sent again and again');
  });

  test('once it is defined the next cycle writes it', async () => {
    lab.tenant.registerApp({ appId: application, displayName: 'Extensions', permissions: [], secret: 'sesame' });
    const [{ id }] = (await lab.graph('GET', `/applications?$filter=appId eq '${application}'`)).body.value;
    const body = { name: 'employeeType', dataType: 'String', targetObjects: ['User'] };
    assert.equal((await lab.graph('POST', `/applications/${id}/extensionProperties`, body)).status, 201);
    await lab.settle();
    const { body: ada } = await lab.graph('GET', `/users/ada@contoso.com?$select=${names.type}`);
    assert.equal(ada[names.type], 'permanent');
    assert.deepEqual(lab.errors(), []);
  });

  test('a value that is too long is refused as predicted', async () => {
    directory.change('ada', { employeeType: 'x'.repeat(256) });
    directory.change('ben', { employeeType: 'x'.repeat(257) });
    directory.save();
    await runProfile(lab.env, 'delta-import', 'corp', options, signal);
    await runProfile(lab.env, 'delta-sync', null, options, signal);
    const { refusals } = await predict();
    assert.deepEqual(
      refusals.map((p) => [p.code, p.attribute]),
      [['ExceededAllowedLength', names.type]],
    );
    await runProfile(lab.env, 'export', 'cloud', options, signal);
    assert.deepEqual(lab.errors(), ['ExceededAllowedLength']);
  });
});

test('dialect sync: 100 extensions in a tenant and on an object, and not one more', async () => {
  const folder = tempDirectory('extensions-limit');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  const attributes = Array.from({ length: 101 }, (_, i) => ({ attribute: `custom${i}`, objects: ['user' as const] }));
  directory.user(
    'ada',
    Object.fromEntries(attributes.slice(0, 100).map(({ attribute }, i) => [attribute, `value ${i}`])),
  );
  directory.user('ben', { custom7: 'seven', custom8: 'x'.repeat(250) });
  directory.save();
  const rules = { directoryExtensions: { application, attributes } };
  using lab = await new DialectLab('sync', path, undefined, { rules }).open();
  try {
    await lab.settle();
    const select = [0, 99].map((i) => named(`custom${i}`));
    const { body } = await lab.graph('GET', `/users/ada@contoso.com?$select=${select.join(',')}`);
    assert.deepEqual(
      select.map((name) => body[name]),
      ['value 0', 'value 99'],
    );
    directory.change('ben', { custom100: 'one too many', title: 'Engineer' });
    directory.save();
    await lab.cycle();
    const [tooMany] = lab.store.records.errors(5);
    assert.equal(tooMany?.code, 'ExceededAllowedLength');
    assert.match(tooMany?.detail ?? '', /at most 100 directory extensions in a whole tenant/);
    directory.change('ben', { custom100: undefined, custom8: 'x'.repeat(251) });
    directory.save();
    await lab.cycle();
    const [tooLong] = lab.store.records.errors(5);
    assert.match(tooLong?.detail ?? '', new RegExp(`${named('custom8')}.*250`));
    directory.change('ben', { custom8: undefined });
    directory.save();
    await lab.settle();
    const { body: ben } = await lab.graph('GET', `/users/ben@contoso.com?$select=jobTitle,${named('custom8')}`);
    assert.deepEqual([ben.jobTitle, ben[named('custom8')]], ['Engineer', null]);
  } finally {
    folder.remove();
  }
});
