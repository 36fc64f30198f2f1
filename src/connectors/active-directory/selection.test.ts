import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFilter } from '../../ldap/filter.ts';
import { schema, selectionOf } from './test-helpers.ts';

const classes = (...names: string[]) => names.map((n) => Buffer.from(n));
const user = ['top', 'person', 'organizationalPerson', 'user'];

test('the schema knows what can be imported', () => {
  const attributes = schema.connector.attributes;
  assert.deepEqual(attributes.get('member'), { name: 'member', type: 'reference', multiValued: true });
  assert.deepEqual(attributes.get('objectGUID'), { name: 'objectGUID', type: 'binary', multiValued: false });
  for (const name of ['memberOf', 'canonicalName', 'lastLogon', 'odd', 'gone', '__proto__']) {
    assert.equal(attributes.has(name), false, name);
  }
  assert.deepEqual(
    [...schema.backLinks],
    [
      ['memberOf', 'member'],
      ['directReports', 'manager'],
    ],
  );
  assert.equal(schema.connector.objectTypes.includes('mailRecipient'), false);
});

test('an object has its most specific known type', () => {
  const { objectTypeOf } = selectionOf();
  assert.equal(objectTypeOf(classes(...user)), 'user');
  assert.equal(objectTypeOf(classes('inetOrgPerson', ...user)), 'inetOrgPerson');
  assert.equal(objectTypeOf(classes(...user, 'computer')), 'computer');
  assert.equal(objectTypeOf(classes(...user, 'computer', 'msDS-GroupManagedServiceAccount')), 'computer');
  assert.equal(objectTypeOf(classes('TOP', 'GROUP')), 'group');
  assert.equal(objectTypeOf(classes('top', 'organizationalUnit')), 'organizationalUnit');
  assert.equal(objectTypeOf(classes('top', 'printQueue')), undefined);
});

test('a computer is not wanted because users are', () => {
  const selection = selectionOf(['mail'], ['user']);
  assert.equal(selection.objectTypeOf(classes(...user, 'computer')), undefined);
  assert.equal(selection.objectTypeOf(classes(...user)), 'user');
  const isA = (name: string) => ({ equal: ['objectClass', name] });
  assert.deepEqual(selection.filter, {
    or: [isA('organizationalUnit'), { and: [isA('user'), { not: isA('inetOrgPerson') }, { not: isA('computer') }] }],
  });
  assert.ok(encodeFilter(selection.filter).length > 0);
});

test('what the rules want and the directory lacks', () => {
  const { problems, searchAttributes } = selectionOf(['mail', 'MANAGER', 'memberOf', 'msExchNothing']);
  assert.deepEqual(problems, [
    { attribute: 'MANAGER', reason: 'letter-case' },
    { attribute: 'memberOf', reason: 'computed' },
    { attribute: 'msExchNothing', reason: 'unknown' },
  ]);
  assert.deepEqual(searchAttributes.includes('msExchNothing'), false);
});

test('the hash follows what is asked for and nothing else', () => {
  assert.equal(selectionOf(['mail', 'cn']).hash, selectionOf(['cn', 'mail', 'unknown']).hash);
  assert.notEqual(selectionOf(['mail']).hash, selectionOf(['mail', 'cn']).hash);
  assert.notEqual(selectionOf(['mail'], ['user']).hash, selectionOf(['mail'], ['group']).hash);
});
