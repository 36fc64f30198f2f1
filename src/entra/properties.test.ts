import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { graphProperties, instantOf } from './graph-form.ts';
import type { ObjectClass } from './objects.ts';
import { isDirectoryExtension, properties, propertiesOf, propertyRule, referencesOf } from './properties.ts';
import { syncedGraphNames } from './protection.ts';
import { sid, sidTextOf } from './test-world.ts';

const schemaFile = new URL(
  '../../../shared/fixtures/entra-connect-export/Connectors/Connector_{b891884f-051e-4a83-95af-2544101c9083}.xml',
  import.meta.url,
);

interface SchemaAttribute {
  readonly name: string;
  readonly single: boolean;
  readonly type: string;
  readonly classes: readonly string[];
}
/** Attributes of the cloud connector of a real configuration. */
function schemaAttributes(): SchemaAttribute[] {
  const text = readFileSync(schemaFile, 'utf8');
  const classes = new Map<string, string[]>();
  for (const [block, name] of text.matchAll(/<dsml:class id="(\w+)"[\s\S]*?<\/dsml:class>/g)) {
    for (const [, ref] of block.matchAll(/ref="#([^"]+)"/g))
      classes.set(ref as string, [...(classes.get(ref as string) ?? []), name as string]);
  }
  const types: Record<string, string> = {
    '15': 'string',
    '12': 'reference',
    '5': 'binary',
    '40': 'binary',
    '27': 'integer',
    '7': 'boolean',
  };
  const pattern = /<dsml:attribute-type id="([^"]+)" single-value="(\w+)"[\s\S]*?<dsml:syntax>[\d.]+\.(\d+)</g;
  return [...text.matchAll(pattern)].map(([, name, single, syntax]) => ({
    name: name as string,
    single: single === 'true',
    type: types[syntax as string] as string,
    classes: (classes.get(name as string) ?? []).filter((c) => c !== 'publicFolder'),
  }));
}

describe('the property table (sync-engine s.4.7)', () => {
  it('agrees with the schema of a real cloud connector on types, values and classes', () => {
    const attributes = schemaAttributes().filter((a) => a.name !== 'export_password' && a.classes.length > 0);
    assert.ok(attributes.length > 160);
    for (const { name, single, type, classes } of attributes) {
      const rule = propertyRule(name);
      assert.ok(rule, name);
      assert.equal(rule.type, type, name);
      assert.equal(rule.multiValued, !single, name);
      for (const c of classes) assert.ok(rule.classes.has(c as ObjectClass), `${name} of ${c}`);
    }
  });
  it('has each name once, whatever its letter case', () => {
    assert.equal(new Set(properties.map((p) => p.name.toLowerCase())).size, properties.length);
  });
  it('knows what comes from the cloud only', () => {
    assert.equal(propertyRule('cloudMSExchArchiveStatus')?.cloudOnly, true);
    assert.equal(propertyRule('cloudAnchor')?.cloudOnly, false);
    assert.equal(propertyRule('cloudMastered')?.cloudOnly, false);
  });
  it('lists references per class', () => {
    assert.ok(referencesOf('group').some((r) => r.name === 'member' && r.multiValued));
    assert.ok(referencesOf('user').some((r) => r.name === 'manager' && !r.multiValued));
    assert.ok(propertiesOf('device').some((r) => r.name === 'deviceId'));
  });
  it('recognises directory extensions', () => {
    assert.equal(isDirectoryExtension(`extension_${'0a'.repeat(16)}_costCentre`), true);
    assert.equal(isDirectoryExtension('extension_short_costCentre'), false);
  });
});

describe('what Graph shows (sync-engine s.4.7, entra-directory s.5.2 to 5.4)', () => {
  const shownOf = (objectClass: ObjectClass, shadow: Parameters<typeof graphProperties>[2]) =>
    graphProperties(objectClass, Object.keys(shadow), shadow, {});

  it('a user', () => {
    const extension = `extension_${'0a'.repeat(16)}_costCentre`;
    const shadow = {
      surname: 'Baker',
      title: 'Cook',
      company: 'Contoso',
      physicalDeliveryOfficeName: '12',
      telephoneNumber: '+1',
      mobile: '+2',
      facsimileTelephoneNumber: '+3',
      dnsDomainName: 'corp.contoso.com',
      onPremiseSecurityIdentifier: sid(1000),
      lastPasswordChangeTimestamp: '20260131102030.0Z',
      extensionAttribute3: 'x',
      msExchHideFromAddressLists: true,
      info: 'not shown',
      [extension]: 'K1',
    };
    assert.deepEqual(shownOf('user', shadow), {
      surname: 'Baker',
      jobTitle: 'Cook',
      companyName: 'Contoso',
      officeLocation: '12',
      businessPhones: ['+1'],
      mobilePhone: '+2',
      faxNumber: '+3',
      onPremisesDomainName: 'corp.contoso.com',
      onPremisesSecurityIdentifier: sidTextOf(1000),
      lastPasswordChangeDateTime: '2026-01-31T10:20:30Z',
      onPremisesExtensionAttributes: { extensionAttribute3: 'x' },
      showInAddressList: false,
      [extension]: 'K1',
    });
  });
  it('a group', () => {
    const shadow = {
      displayName: 'g',
      description: 'd',
      securityEnabled: true,
      netBiosName: 'CORP',
      onPremisesSamAccountName: 'g',
    };
    assert.deepEqual(shownOf('group', shadow), {
      displayName: 'g',
      description: 'd',
      securityEnabled: true,
      onPremisesNetBiosName: 'CORP',
      onPremisesSamAccountName: 'g',
    });
  });
  it('a contact: phones and one address', () => {
    const shadow = {
      givenName: 'C',
      telephoneNumber: '+1',
      mobile: '+2',
      facsimileTelephoneNumber: '+3',
      city: 'Rome',
      country: 'Italy',
      streetAddress: 'Via 1',
      title: 'Cook',
    };
    assert.deepEqual(shownOf('contact', shadow), {
      givenName: 'C',
      jobTitle: 'Cook',
      phones: [
        { type: 'business', number: '+1' },
        { type: 'mobile', number: '+2' },
        { type: 'businessFax', number: '+3' },
      ],
      addresses: [{ city: 'Rome', countryOrRegion: 'Italy', street: 'Via 1' }],
    });
  });
  it('a device', () => {
    const shadow = {
      deviceId: { base64: Buffer.from('00112233445566778899aabbccddeeff', 'hex').toString('base64') },
      deviceOSType: 'Windows',
      deviceOSVersion: '10',
      deviceTrustType: 'ServerAd',
      accountEnabled: true,
    };
    assert.deepEqual(shownOf('device', shadow), {
      deviceId: '33221100-5544-7766-8899-aabbccddeeff',
      operatingSystem: 'Windows',
      operatingSystemVersion: '10',
      trustType: 'ServerAd',
      accountEnabled: true,
    });
  });
  it('what has no value any more', () => {
    const names = [
      'title',
      'telephoneNumber',
      'extensionAttribute1',
      'displayName',
      'accountEnabled',
      'lastPasswordChangeTimestamp',
    ];
    assert.deepEqual(
      graphProperties(
        'user',
        names,
        {},
        { onPremisesExtensionAttributes: { extensionAttribute1: 'a', extensionAttribute2: 'b' } },
      ),
      {
        jobTitle: null,
        businessPhones: [],
        onPremisesExtensionAttributes: { extensionAttribute1: null, extensionAttribute2: 'b' },
        lastPasswordChangeDateTime: null,
      },
    );
  });
  it('broken bytes show nothing instead of failing', () => {
    assert.deepEqual(shownOf('user', { onPremiseSecurityIdentifier: { base64: 'AAAA' } }), {
      onPremisesSecurityIdentifier: null,
    });
    assert.equal(instantOf('yesterday'), undefined);
  });
  it('the names a directory masters', () => {
    const names = syncedGraphNames('user');
    assert.ok(names.includes('jobTitle') && names.includes('businessPhones') && !names.includes('info'));
  });
});
