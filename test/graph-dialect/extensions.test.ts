/** Directory extensions from a directory file to the cloud, with both dialects (docs/entra.md, "Directory extensions"). */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type DirectoryExtensions, extensionNameOf } from '../../src/rules/out-of-box/extensions.ts';
import { dialects } from '../main-job/lab.ts';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';
import { app, permissions } from './support.ts';

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
