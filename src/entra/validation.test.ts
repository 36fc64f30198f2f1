import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttributeValue } from '../model/value.ts';
import { isCountryCode } from './country-codes.ts';
import { defaultLimits, directoryQuota, groupMembersFirstVersion, quotaUsed } from './limits.ts';
import { memoryIndex } from './memory-index.ts';
import { overlayIndex } from './overlay.ts';
import { planProvision } from './provision.ts';
import { checkImmutableIdInGraph, checkSourceAnchor, guidOfAnchor, sourceAnchorLength } from './source-anchor.ts';
import { add, addUser, anchor, cloudObject, set, settingsWith, testContext, world } from './test-world.ts';
import { addressUnits, objectBytes } from './validation.ts';

const user = { userPrincipalName: 'a@contoso.com' };
const code = (properties: Record<string, AttributeValue | null>, settings = {}) =>
  world([], settings).plan(addUser(1, { ...user, ...properties })).result.errorCode;
const text = (length: number) => 'x'.repeat(length);
const bytes = (count: number) => ({ base64: Buffer.alloc(count, 1).toString('base64') });

describe('limits of attributes (entra-directory s.4.2)', () => {
  const lengths: Record<string, number> = {
    displayName: 256,
    givenName: 64,
    surname: 64,
    alias: 64,
    title: 128,
    department: 64,
    company: 64,
    city: 128,
    state: 128,
    country: 128,
    postalCode: 40,
    streetAddress: 1024,
    mobile: 64,
    telephoneNumber: 64,
    physicalDeliveryOfficeName: 128,
    facsimileTelephoneNumber: 64,
    employeeId: 16,
    onPremisesSamAccountName: 20,
    extensionAttribute1: 1024,
    extensionAttribute15: 1024,
  };
  for (const [name, limit] of Object.entries(lengths)) {
    it(`${name}: at most ${limit}`, () => {
      assert.equal(code({ [name]: text(limit) }), undefined);
      assert.equal(code({ [name]: text(limit + 1) }), 'ExceededAllowedLength');
    });
  }
  it('description of a group: at most 1024', () => {
    const plan = (length: number) =>
      world().plan(add('Group', anchor(1), { description: text(length) })).result.errorCode;
    assert.equal(plan(1024), undefined);
    assert.equal(plan(1025), 'ExceededAllowedLength');
  });
  it('displayName: required, and never cleared', () => {
    assert.equal(code({ displayName: null }), 'DataValidationFailed');
    assert.equal(code({ displayName: '  ' }), 'DataValidationFailed');
    const w = world();
    w.run(addUser(1, user));
    assert.equal(w.plan(set('User', anchor(1), { displayName: null })).result.errorCode, 'DataValidationFailed');
  });
  it('mailNickname: plain characters, no dot at its edges', () => {
    for (const bad of [
      'a b',
      'a@b',
      'a(b',
      'a)b',
      'a\\b',
      'a[b',
      'a]b',
      'a"b',
      'a;b',
      'a:b',
      'a<b',
      'a>b',
      'a,b',
      'å',
      '.a',
      'a.',
    ]) {
      assert.equal(code({ alias: bad }), 'DataValidationFailed', bad);
    }
    assert.equal(code({ alias: "a.b'c" }), undefined);
  });
  it('mail: an address in plain ASCII, at most 256', () => {
    for (const bad of ['a', 'a@b', 'a b@c.de', 'ä@c.de', 'a@b..c'])
      assert.equal(code({ mail: bad }), 'DataValidationFailed', bad);
    assert.equal(code({ mail: `${text(250)}@c.de` }), undefined);
    assert.equal(code({ mail: `${text(260)}@c.de` }), 'ExceededAllowedLength');
  });
  it('a distinguished name may be longer than other texts', () => {
    assert.equal(code({ onPremisesDistinguishedName: `CN=${text(1500)}` }), undefined);
  });
  it('targetAddress: an address with or without prefix', () => {
    assert.equal(code({ targetAddress: 'SMTP:a@contoso.mail.onmicrosoft.com' }), undefined);
    assert.equal(code({ targetAddress: 'a@b.com' }), undefined);
    assert.equal(code({ targetAddress: 'SMTP:a b' }), 'DataValidationFailed');
  });
  it('proxyAddresses: 256 characters a value, 332 values on an otherwise empty user', () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `smtp:a${i}@contoso.com`);
    assert.equal(code({ proxyAddresses: [`smtp:${text(260)}@contoso.com`] }), 'ExceededAllowedLength');
    assert.equal(code({ proxyAddresses: many(332) }), undefined);
    assert.equal(code({ proxyAddresses: many(333) }), 'LargeObject');
  });
  it('the weights fit the three published counts', () => {
    const proxyAddresses = (count: number) => Array.from({ length: count }, (_, i) => `smtp:${i}`);
    const userCertificate = Array.from({ length: 10 }, () => bytes(1));
    assert.ok(addressUnits({ proxyAddresses: proxyAddresses(332) }, 0) <= defaultLimits.addressUnits);
    assert.equal(addressUnits({ proxyAddresses: proxyAddresses(329), alias: 'a', userCertificate }, 0), 332);
    assert.equal(addressUnits({ proxyAddresses: proxyAddresses(311) }, 4), 332);
  });
  it('certificates: 15 of each kind', () => {
    for (const name of ['userCertificate', 'userSMIMECertificate']) {
      const certificates = (count: number) => Array.from({ length: count }, (_, i) => bytes(i + 1));
      assert.equal(code({ [name]: certificates(15) }), undefined);
      assert.equal(code({ [name]: certificates(16) }), 'LargeObject');
    }
  });
  it('thumbnailPhoto: 100 KB', () => {
    assert.equal(code({ thumbnailPhoto: bytes(102_400) }), undefined);
    assert.equal(code({ thumbnailPhoto: bytes(102_401) }), 'LargeObject');
  });
  it('usageLocation: a known country code, not cleared once set', () => {
    assert.equal(code({ usageLocation: 'DE' }), undefined);
    assert.equal(code({ usageLocation: 'XX' }), 'DataValidationFailed');
    assert.equal(code({ usageLocation: 'DEU' }), 'ExceededAllowedLength');
    const w = world();
    w.run(addUser(1, { ...user, usageLocation: 'DE' }));
    assert.equal(w.plan(set('User', anchor(1), { usageLocation: null })).result.errorCode, 'DataValidationFailed');
  });
  it('knows the 249 codes of ISO 3166 and XK', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const known = letters.flatMap((a) => letters.map((b) => a + b)).filter(isCountryCode);
    assert.equal(known.length, 250);
    assert.equal(isCountryCode('de'), true);
  });
  it('preferredLanguage and userType', () => {
    assert.equal(code({ preferredLanguage: 'en-US' }), undefined);
    assert.equal(code({ preferredLanguage: 'english please' }), 'DataValidationFailed');
    assert.equal(code({ userType: 'Guest' }), undefined);
    assert.equal(code({ userType: 'Boss' }), 'DataValidationFailed');
  });
  it('sAMAccountName: none of its forbidden characters; groups may be longer', () => {
    for (const bad of '[\\"|,/:<>+=;?*]\'')
      assert.equal(code({ onPremisesSamAccountName: `a${bad}` }), 'DataValidationFailed', bad);
    assert.equal(
      world().plan(add('Group', anchor(1), { onPremisesSamAccountName: text(60) })).result.errorCode,
      undefined,
    );
  });
  it('directory extensions: 250 characters or 256 bytes, 100 on one object', () => {
    const name = (i: number) => `extension_${'a'.repeat(32)}_attribute${i}`;
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), 'x']));
    assert.equal(code({ [name(1)]: text(250) }), undefined);
    assert.equal(code({ [name(1)]: text(251) }), 'ExceededAllowedLength');
    assert.equal(code({ [name(1)]: bytes(256) }), undefined);
    assert.equal(code({ [name(1)]: bytes(257) }), 'ExceededAllowedLength');
    // The whole tenant takes no more than one object: with more room there the limit of the object shows.
    const limits = { ...defaultLimits, syncedExtensions: 1000 };
    assert.equal(code(many(100), { limits }), undefined);
    assert.equal(code(many(101), { limits }), 'ExceededAllowedLength');
  });
  it('manager: nobody is their own', () => {
    const self = { manager: [{ anchor: anchor(1), anchorType: 'sourceAnchor', operation: 'add' }] } as const;
    assert.equal(world().plan(add('User', anchor(1), user, { links: self })).result.errorCode, 'DataValidationFailed');
    const w = world();
    const { result } = w.run(addUser(1, user));
    const links = {
      manager: [{ anchor: result.cloudAnchor ?? '', anchorType: 'cloudAnchor', operation: 'add' }],
    } as const;
    assert.equal(
      w.plan(set('User', anchor(1), {}, { links })).result.errorCode,
      'DataValidationFailed',
      'by cloud anchor',
    );
  });
});

describe('types and names', () => {
  it('refuses the wrong type and more than one value', () => {
    assert.equal(code({ accountEnabled: 'yes' }), 'DataValidationFailed');
    assert.equal(code({ givenName: 7 }), 'DataValidationFailed');
    assert.equal(code({ countryCode: 'DE' }), 'DataValidationFailed');
    assert.equal(code({ givenName: ['a', 'b'] }), 'DataValidationFailed');
    assert.equal(code({ manager: { dn: 'CN=x' } }), 'DataValidationFailed');
  });
  it('refuses a property nobody knows, or ignores it by setting', () => {
    assert.equal(code({ accountExpires: '0' }), 'DataValidationFailed', 'is never synchronized');
    assert.equal(code({ signInName: 'a@contoso.com' }), 'DataValidationFailed', 'is userPrincipalName today');
    assert.equal(code({ pager: text(200) }), undefined, 'has no limit of its own');
    assert.equal(code({ favouriteColour: 'red' }), 'DataValidationFailed');
    const ignored = world([], { unknownProperty: 'ignore' }).plan(addUser(1, { ...user, favouriteColour: 'red' }));
    assert.equal(ignored.changes.shadow.favouriteColour, undefined);
    assert.equal(code({ dn: 'CN={616263}' }), undefined);
  });
  it('groups that can be given roles are never synchronized (s.4.3)', () => {
    const plan = (unknownProperty: 'refuse' | 'ignore') =>
      world([], { unknownProperty }).plan(add('Group', anchor(1), { isAssignableToRole: true, securityEnabled: true }));
    assert.equal(plan('refuse').result.errorCode, 'DataValidationFailed');
    assert.equal(plan('ignore').changes.graph.isAssignableToRole, undefined);
  });
  it('takes names in any letter case and keeps the spelling of the table', () => {
    const outcome = world().plan(addUser(1, { ...user, ThumbnailPhoto: bytes(3), employeeID: '7' }));
    assert.deepEqual(outcome.changes.shadow.thumbnailPhoto, bytes(3));
    assert.equal(outcome.changes.graph.employeeId, '7');
  });
  it('names that look like members of every object are only names', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}, "constructor": "x"}') as Record<
      string,
      AttributeValue
    >;
    const outcome = world([], { unknownProperty: 'ignore' }).plan({
      ...addUser(1, user),
      properties: { displayName: 'x', ...user, ...hostile },
    });
    assert.equal(outcome.decision, 'create');
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.equal(code({ toString: 'x' }), 'DataValidationFailed');
  });
});

describe('limits of objects and of the tenant (entra-directory s.4.3)', () => {
  it('bytes of one object: a cap by setting', () => {
    const limits = { ...defaultLimits, objectBytes: 500 };
    assert.equal(code({ streetAddress: text(400) }, { limits }), undefined);
    assert.equal(code({ streetAddress: text(600) }, { limits }), 'LargeObject');
    assert.equal(objectBytes({ a: 'äx', b: bytes(9), c: 7, d: true }), 3 + 9 + 8 + 1);
  });
  it('members of a group: 250,000, or 50,000 on the first version of the endpoint', () => {
    const group = cloudObject('g', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: true });
    const one = { member: [{ anchor: anchor(2), anchorType: 'sourceAnchor', operation: 'add' }] } as const;
    const plan = (count: number, limit = defaultLimits.groupMembers) =>
      world([group], { limits: { ...defaultLimits, groupMembers: limit } }, { linkCounts: { 'g/member': count } }).plan(
        set('Group', anchor(1), {}, { links: one }),
      ).result.errorCode;
    const swapped = { member: [...one.member, { ...one.member[0], anchor: anchor(3), operation: 'remove' }] } as const;
    const full = world([group], {}, { linkCounts: { 'g/member': 250_000 } });
    assert.equal(full.plan(set('Group', anchor(1), {}, { links: swapped })).result.errorCode, undefined, 'one for one');
    assert.equal(plan(249_999), undefined);
    assert.equal(plan(250_000), 'ExceededAllowedLength');
    assert.equal(plan(49_999, groupMembersFirstVersion), undefined);
    assert.equal(plan(50_000, groupMembersFirstVersion), 'ExceededAllowedLength');
  });
  it('owners of a group: 100', () => {
    const group = cloudObject('g', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: true });
    const one = { managedBy: [{ anchor: anchor(2), anchorType: 'sourceAnchor', operation: 'add' }] } as const;
    const plan = (count: number) =>
      world([group], {}, { linkCounts: { 'g/managedBy': count } }).plan(set('Group', anchor(1), {}, { links: one }))
        .result.errorCode;
    assert.equal(plan(99), undefined);
    assert.equal(plan(100), 'ExceededAllowedLength');
  });
  it('links the class does not have are refused', () => {
    const links = { member: [{ anchor: 'x', anchorType: 'sourceAnchor', operation: 'add' }] } as const;
    assert.equal(world().plan(add('User', anchor(1), user, { links })).result.errorCode, 'DataValidationFailed');
  });
  it('directory extensions of a tenant: 100 different ones, whoever has them', () => {
    const name = (i: number) => `extension_${'a'.repeat(32)}_attribute${i}`;
    const known = new Set(Array.from({ length: 99 }, (_, i) => name(i)));
    const plan = (properties: Record<string, AttributeValue | null>, limits = defaultLimits) =>
      world([], { limits }, { extensionAttributes: known }).plan(addUser(1, { ...user, ...properties })).result;
    assert.equal(plan({ [name(1)]: 'x', [name(99)]: 'x' }).errorCode, undefined, 'the hundredth');
    assert.equal(plan({ [name(1).replace('attr', 'ATTR')]: 'x', [name(99)]: 'x' }).errorCode, undefined, 'a known one');
    const refused = plan({ [name(99)]: 'x', [name(100)]: 'x' });
    assert.equal(refused.errorCode, 'ExceededAllowedLength');
    assert.match(refused.errorDescription ?? '', /attribute100 .* 100; it has 101\. .* whole tenant/);
    assert.equal(plan({ [name(99)]: 'x', [name(100)]: null }).errorCode, undefined, 'clearing fills nothing');
    assert.equal(
      plan({ [name(99)]: 'x' }, { ...defaultLimits, syncedExtensions: 99 }).errorCode,
      'ExceededAllowedLength',
    );
  });
  it('the overlay of a plan counts what it fills', () => {
    const name = (i: number) => `extension_${'a'.repeat(32)}_attribute${i}`;
    const settings = settingsWith({ limits: { ...defaultLimits, syncedExtensions: 2 } });
    const overlay = overlayIndex(memoryIndex([], { extensionAttributes: new Set([name(0)]) }));
    const plan = (number: number) => {
      const properties = { userPrincipalName: `u${number}@contoso.com`, [name(number)]: 'x' };
      const outcome = planProvision(addUser(number, properties), overlay, settings, testContext());
      overlay.apply({ ...outcome, id: `u${number}` });
      return outcome.result.errorCode;
    };
    assert.deepEqual([plan(1), plan(2)], [undefined, 'ExceededAllowedLength']);
    assert.deepEqual([...overlay.extensionAttributes!()], [name(0), name(1)]);
  });
  it('limits of Cloud Sync are limits of that client: 150,001 objects and 50,001 members are taken', () => {
    const group = cloudObject('g', 'group', {}, { immutableId: anchor(1), onPremisesSyncEnabled: true });
    const limits = { ...defaultLimits, directoryObjects: directoryQuota(true) };
    const one = { member: [{ anchor: anchor(2), anchorType: 'sourceAnchor', operation: 'add' }] } as const;
    const plan = (objects: number, members: number, operation: Parameters<typeof planProvision>[0]) => {
      const index = memoryIndex([group], { linkCounts: { 'g/member': members } });
      const counted = { ...index, objectCount: () => objects };
      return planProvision(operation, counted, settingsWith({ limits }), testContext()).result.errorCode;
    };
    assert.equal(plan(150_000, 0, addUser(3, user)), undefined);
    assert.equal(plan(300_000, 0, addUser(3, user)), 'QuotaExceeded', 'the quota of the directory is another number');
    assert.equal(plan(1, 50_000, set('Group', anchor(1), {}, { links: one })), undefined);
    assert.equal(plan(1, 250_000, set('Group', anchor(1), {}, { links: one })), 'ExceededAllowedLength');
  });
  it('quota of objects: new ones are refused, changes are not', () => {
    const w = world([], { limits: { ...defaultLimits, directoryObjects: 1 } });
    w.run(addUser(1, user));
    assert.equal(w.plan(addUser(2, { userPrincipalName: 'b@contoso.com' })).result.errorCode, 'QuotaExceeded');
    assert.equal(w.plan(addUser(1, { ...user, title: 'x' })).result.errorCode, undefined);
    assert.equal(directoryQuota(false), 50_000);
    assert.equal(directoryQuota(true), 300_000);
    assert.equal(quotaUsed(100, 10, 10), 113);
  });
});

describe('source anchors (entra-directory s.1.6)', () => {
  it('fewer than 60 characters, others than letters and digits count three', () => {
    assert.equal(sourceAnchorLength('ab-c'), 6);
    assert.equal(checkSourceAnchor('a'.repeat(59), 60), undefined);
    assert.match(checkSourceAnchor('a'.repeat(60), 60) ?? '', /60/);
    assert.match(checkSourceAnchor(`${'a'.repeat(40)}-------`, 60) ?? '', /61/);
  });
  it('none of the forbidden characters, unless it is base64 of the engine', () => {
    for (const bad of '\\!#$%&*+/=?^`{}|~<>()\';:,[]"@_')
      assert.match(checkSourceAnchor(`abc${bad}d`, 60) ?? '', /not allowed/, bad);
    assert.equal(checkSourceAnchor('ab+/cd==', 60), undefined);
    assert.equal(world().plan(add('User', 'bad_anchor', user)).result.errorCode, 'DataValidationFailed');
  });
  it('16 bytes are a GUID in little-endian order', () => {
    const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex').toString('base64');
    assert.equal(guidOfAnchor(guid), '33221100-5544-7766-8899-aabbccddeeff');
    assert.equal(guidOfAnchor('plain-text'), undefined);
  });
  it('never changes on a synced object; is set once on a user of the cloud', () => {
    const w = world();
    const { result } = w.run(addUser(1, user));
    const other = set('User', anchor(2), { title: 'x' }, { cloudAnchor: result.cloudAnchor ?? '' });
    assert.equal(w.plan(other).result.errorCode, 'AttributeUpdateNotAllowed');
    w.index.put({
      id: 'c1',
      class: 'user',
      onPremisesSyncEnabled: null,
      deleted: false,
      graph: { displayName: 'x' },
      shadow: {},
    });
    const stamp = w.run(set('User', anchor(3), {}, { cloudAnchor: 'User_c1' }));
    assert.equal(stamp.decision, 'update');
    assert.equal(w.object('c1').immutableId, anchor(3));
    assert.equal(w.object('c1').onPremisesSyncEnabled, null);
  });
  it('is not stamped together with other values, nor twice in the tenant', () => {
    const cloud = {
      id: 'c1',
      class: 'user',
      onPremisesSyncEnabled: null,
      deleted: false,
      graph: {},
      shadow: {},
    } as const;
    const w = world([cloud, { ...cloud, id: 'c2', immutableId: anchor(3) }]);
    const at = (anchorText: string, properties: object) =>
      w.plan(set('User', anchorText, { ...properties }, { cloudAnchor: 'User_c1' })).result.errorCode;
    assert.equal(at(anchor(4), { title: 'x' }), 'AttributeUpdateNotAllowed');
    assert.equal(at(anchor(3), {}), 'AttributeValueMustBeUnique');
  });
  it('Graph does not take $ and _ in it', () => {
    assert.equal(checkImmutableIdInGraph('abc'), undefined);
    assert.match(checkImmutableIdInGraph('a$b') ?? '', /not allowed/);
    assert.match(checkImmutableIdInGraph('a_b') ?? '', /not allowed/);
  });
});

it('settings start as a fresh tenant with the initial domain verified', () => {
  assert.equal(settingsWith().domain('CONTOSO.onmicrosoft.com')?.verified, true);
});
