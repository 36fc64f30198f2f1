/** Clashes with what is in the cloud, and the domains of the tenant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CheckOptions, check, cloudUser, group, tenant, user } from './test-world.ts';

const ana = () => user({ userPrincipalName: 'ana@contoso.com', proxyAddresses: ['SMTP:ana@contoso.com'] });
const graph = { userPrincipalName: 'ana@contoso.com', displayName: 'Ana', proxyAddresses: ['SMTP:ana@contoso.com'] };
const codes = (objects: Parameters<typeof check>[0], options: CheckOptions) =>
  check(objects, options).map((r) => [r.code, r.severity, r.cloud?.cloudId]);

test('a cloud user who matches is taken over: a warning', () => {
  assert.deepEqual(codes([ana()], { cloud: [cloudUser('c1', graph)] }), [['cloud-only-owner', 'warning', 'c1']]);
});

test('what these directories made is no clash', () => {
  const object = ana();
  const anchor = Buffer.from((object.attributes.objectGUID as { base64: string }).base64, 'base64').toString('base64');
  const own = cloudUser('c1', graph, { immutableId: anchor, onPremisesSyncEnabled: true });
  assert.deepEqual(codes([object], { cloud: [own] }), []);
});

test('tied to another anchor: of another directory, or of an account that is gone', () => {
  const other = { immutableId: 'bGVnYWN5LWhyLTAwMDQyNw==' };
  assert.deepEqual(codes([ana()], { cloud: [cloudUser('c1', graph, other)] }), [['invalid-soft-match', 'error', 'c1']]);
  const synced = cloudUser('c1', graph, { ...other, onPremisesSyncEnabled: true });
  assert.deepEqual(codes([ana()], { cloud: [synced] }), [['anchor-changed-recreated', 'error', 'c1']]);
  assert.deepEqual(
    codes([ana()], { cloud: [cloudUser('c1', graph, other)], settings: tenant({ resiliency: false }) }),
    [['invalid-soft-match', 'error', 'c1']],
    'a tenant of old says so itself',
  );
});

test('an administrator is not taken over', () => {
  const options = { cloud: [cloudUser('c1', graph)], roles: { c1: ['Global Administrator'] } };
  assert.deepEqual(codes([ana()], options), [['existing-admin-role-conflict', 'error', 'c1']]);
  assert.match(check([ana()], options)[0]?.reason ?? '', /Global Administrator/);
});

test('somebody of another class', () => {
  const contact = {
    ...cloudUser('c1', { displayName: 'Press', proxyAddresses: ['SMTP:press@contoso.com'] }),
    class: 'contact' as const,
  };
  const press = group({ proxyAddresses: ['SMTP:press@contoso.com'] });
  assert.deepEqual(codes([press], { cloud: [contact] }), [['object-type-mismatch', 'error', 'c1']]);
});

test('an address besides the primary one that somebody in the cloud has is withheld', () => {
  const object = user({ proxyAddresses: ['SMTP:ben@contoso.com', 'smtp:ana@contoso.com'] });
  const [row, ...others] = check([object], { cloud: [cloudUser('c1', graph)] });
  assert.deepEqual(
    [row?.code, row?.value, row?.errorCode],
    ['cloud-only-owner', 'smtp:ana@contoso.com', 'AttributeValueMustBeUnique'],
  );
  assert.deepEqual(others, []);
});

test('sign-in names in domains that are not verified: one cause, and the usual domain instead', () => {
  const staff = Array.from({ length: 3 }, (_, i) => user({ userPrincipalName: `a${i}@contoso.local` }));
  const rows = check([...staff, user({ mail: 'x@contoso.com' })]);
  assert.deepEqual(
    rows.map((r) => [r.code, r.root, r.update, r.errors.join(',')]),
    staff.map((_, i) => [
      'unroutable-upn-suffix',
      'suffix contoso.local',
      `a${i}@contoso.com`,
      'TopLevelDomain,DomainNotVerified',
    ]),
  );
  const [mine] = check([user({ userPrincipalName: 'a@other.org', mail: 'anna@fabrikam.com' })]);
  assert.deepEqual(
    [mine?.errors.join(','), mine?.update, mine?.confidence],
    ['DomainNotVerified', 'anna@fabrikam.com', 'high'],
  );
  assert.deepEqual(
    check([user({ userPrincipalName: 'a@other.org' })], { offline: true }),
    [],
    'nothing is known of the domains',
  );
});

test('a suggestion that somebody else has is not made', () => {
  const rows = check([
    user({ userPrincipalName: 'ana@contoso.local' }),
    user({ userPrincipalName: 'ana@contoso.com' }),
  ]);
  assert.deepEqual(
    rows.map((r) => [r.update, r.action, r.confidence]),
    [[undefined, undefined, 'low']],
  );
});
