import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attributes } from '../../../src/model/value.ts';
import { exported, forest, inbound, type SourceObject, shippedRules } from './world.ts';

/** Self-signed for CN=03020100-0504-0706-0809-0A0B0C0D0E0F, valid until November 2036. */
const certificate = {
  base64:
    'MIIBszCCAVmgAwIBAgIUH9rVHX5WaYyEXa01Ql92iIxlixowCgYIKoZIzj0EAwIwLzEtMCsGA1UEAwwkMDMwMjAxMDAtMDUwNC0wNzA2LTA4MDktMEEwQjBDMEQwRTBGMB4XDTI2MTEyMTExMTkzN1oXDTM2MTExODExMTkzN1owLzEtMCsGA1UEAwwkMDMwMjAxMDAtMDUwNC0wNzA2LTA4MDktMEEwQjBDMEQwRTBGMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEl7leoa/9nOHNI4k8uUgruFPI3Ko9GkYZVNgBrUhNECnpWQdsac8/apsPSlOqQXj/jSGOojgk7n9CHNxLNuWTBaNTMFEwHQYDVR0OBBYEFDPt6uj1w4b+NSkjI40eLmYMe3XDMB8GA1UdIwQYMBaAFDPt6uj1w4b+NSkjI40eLmYMe3XDMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAKHrDuuDK7bBoHOEn5gZ2uHDi4MyXLsQYakhvjXuZtwgAiBBilYlNpObpqweT7lsb/ql1xMgsge1KI/p/H0DJrW4XA==',
};
const computer = (values: Attributes = {}): SourceObject => ({
  connector: forest,
  objectType: 'computer',
  values: {
    cn: 'PC1',
    sAMAccountName: 'PC1$',
    userAccountControl: 4096,
    objectGUID: { base64: 'AAECAwQFBgcICQoLDA0ODw==' },
    operatingSystem: 'Windows 11 Enterprise',
    operatingSystemVersion: '10.0 (26100)',
    userCertificate: [certificate],
    ...values,
  },
});
const rules = shippedRules();

test('a computer with a valid certificate for its objectGUID becomes a device', () => {
  const { values, errors } = inbound(rules, [computer()]);
  assert.deepEqual(errors, []);
  assert.equal(values.cloudFiltered, undefined);
  assert.equal(values.deviceTrustType, 'ServerAd');
  const sent = exported(rules, [computer()]);
  assert.deepEqual(sent?.values.deviceId, { base64: 'AAECAwQFBgcICQoLDA0ODw==' });
  assert.equal(sent?.values.deviceOSType, 'Windows 11 Enterprise');
  assert.equal(sent?.values.displayName, 'PC1');
  assert.deepEqual(sent?.errors, []);
});

const filtered: readonly (readonly [string, Attributes])[] = [
  ['the certificate of another computer', { objectGUID: { base64: 'Dw4NDAsKCQgHBgUEAwIBAA==' } }],
  ['bytes that are no certificate', { userCertificate: [{ base64: 'AAEC' }] }],
  ['Windows 7', { operatingSystem: 'Windows 7 Professional', operatingSystemVersion: '6.1 (7601)' }],
  ['Windows 8.1', { operatingSystem: 'Windows 8.1 Pro', operatingSystemVersion: '6.3 (9600)' }],
];
for (const [what, values] of filtered) {
  test(`a computer with ${what} is filtered`, () => {
    const result = inbound(rules, [computer(values)]);
    assert.deepEqual(result.errors, []);
    assert.equal(result.values.cloudFiltered, true);
    assert.equal(exported(rules, [computer(values)]), undefined);
  });
}

test('a computer without a certificate is filtered, whatever the filter', () => {
  const { userCertificate: _, ...values } = computer().values;
  for (const deviceCertificate of ['joined', 'any'] as const) {
    const set = shippedRules({ deviceCertificate });
    assert.equal(inbound(set, [{ ...computer(), values }]).values.cloudFiltered, true);
  }
  assert.equal(
    inbound(shippedRules({ deviceCertificate: 'any' }), [computer(filtered[1]?.[1])]).values.cloudFiltered,
    undefined,
  );
});

test('a computer is filtered once its certificate has expired', () => {
  assert.equal(inbound(rules, [computer()], Date.UTC(2037, 0, 1)).values.cloudFiltered, true);
});

test('one valid certificate among others is enough', () => {
  assert.equal(
    inbound(rules, [computer({ userCertificate: [{ base64: 'AAEC' }, certificate] })]).values.cloudFiltered,
    undefined,
  );
});

test('a computer of Active Directory, where the owner is a security identifier, is synchronized', () => {
  const owned = computer({ 'mS-DS-CreatorSID': { base64: 'AQUAAAAAAAUVAAAAwM8SUMELJU0m/cWzfAQAAA==' } });
  assert.deepEqual(inbound(rules, [owned]).errors, []);
});

test('where the directory delivers the owner as a reference, it can be sent', () => {
  const set = shippedRules({ deviceOwner: true });
  assert.ok(
    exported(set, [{ ...computer(), references: { 'mS-DS-CreatorSID': 1 } }])?.references.has(
      'registeredOwnerReference',
    ),
  );
});
