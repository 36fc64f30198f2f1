/** Anchors, certificates, sizes and lengths of whole objects; rows as findings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { binary } from '../../model/value.ts';
import { expiryOf } from './certificates.ts';
import { FindingCollector } from './findings.ts';
import { check, group, now, user } from './test-world.ts';

const length = (bytes: number): number[] =>
  bytes < 128 ? [bytes] : bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255];
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body]);
};
const utcTime = (year: number): Buffer => der(0x17, Buffer.from(`${String(year).slice(2)}0101000000Z`));
/** The fields of RFC 5280 s.4.1 up to the validity, and something behind it. */
const certificate = (until: number, version = true): { base64: string } =>
  binary(
    der(
      0x30,
      der(
        0x30,
        ...(version ? [der(0xa0, der(0x02, Buffer.of(2)))] : []),
        der(0x02, Buffer.of(until & 127)),
        der(0x30),
        der(0x30),
        der(0x30, utcTime(2010), utcTime(until)),
        der(0x30),
      ),
      der(0x30),
      der(0x03, Buffer.of(0)),
    ),
  );

test('the end of a certificate is read from versions 1 and 3, and garbage has none', () => {
  const of = (value: { base64: string }) => expiryOf(Buffer.from(value.base64, 'base64'));
  assert.equal(of(certificate(2030)), Date.UTC(2030, 0, 1));
  assert.equal(of(certificate(2030, false)), Date.UTC(2030, 0, 1));
  for (const bytes of [Buffer.of(), Buffer.of(0x30), Buffer.from('-----BEGIN'), Buffer.alloc(50, 0x30)]) {
    assert.equal(expiryOf(bytes), undefined);
  }
});

test('more than fifteen certificates: the expired ones can go', () => {
  const old = Array.from({ length: 6 }, (_, i) => certificate(2012 + i));
  const good = Array.from({ length: 10 }, (_, i) => certificate(2030 + i));
  const [row, ...others] = check([user({ userCertificate: [...old, ...good] })]);
  assert.deepEqual(
    [row?.code, row?.action, row?.confidence, row?.errorCode],
    ['too-many-certificates', 'REMOVE', 'high', 'LargeObject'],
  );
  assert.deepEqual(row?.changes, [{ operation: 'delete', attribute: 'userCertificate', values: old }]);
  assert.deepEqual(others, []);
  const [many] = check([user({ userSMIMECertificate: Array.from({ length: 16 }, (_, i) => certificate(2030 + i)) })]);
  assert.deepEqual([many?.code, many?.action], ['too-many-certificates', undefined]);
  assert.deepEqual(
    check([user({ userCertificate: [certificate(2020)] })]).map((r) => [r.code, r.severity]),
    [['expired-certificate', 'info']],
  );
  assert.equal(check([user({ userCertificate: [binary(Buffer.from('nonsense'))] })])[0]?.code, 'invalid-certificate');
  assert.deepEqual(check([user({ userCertificate: good })]), []);
});

test('anchors: missing, malformed, of the wrong length', () => {
  const codes = (attributes: Parameters<typeof user>[0], sourceAnchor: string) =>
    check([user(attributes)], { sourceAnchor }).map((r) => r.code);
  assert.deepEqual(codes({}, 'employeeID'), ['no-anchor']);
  assert.deepEqual(codes({ employeeID: 'E 1_2' }, 'employeeID'), ['invalid-anchor']);
  assert.deepEqual(codes({ employeeID: '4711' }, 'employeeID'), []);
  assert.deepEqual(codes({}, 'mS-DS-ConsistencyGuid'), [], 'objectGUID stands in');
  assert.deepEqual(codes({ 'mS-DS-ConsistencyGuid': binary(Buffer.alloc(15, 1)) }, 'mS-DS-ConsistencyGuid'), [
    'invalid-anchor',
  ]);
  assert.deepEqual(codes({ msExchRecipientTypeDetails: 2 }, 'employeeID'), [], 'a linked mailbox needs none');
});

test('photos, groups and whole objects that are too large', () => {
  const photo = (size: number) => check([user({ thumbnailPhoto: binary(Buffer.alloc(size)) })]).map((r) => r.code);
  assert.deepEqual([photo(102_400), photo(102_401)], [[], ['photo-too-large']]);
  const crowd = { ...group(), memberCount: 250_001 };
  assert.deepEqual(
    check([crowd]).map((r) => r.code),
    ['group-too-large'],
  );
  const many = user({ proxyAddresses: Array.from({ length: 340 }, (_, i) => `smtp:a${i}@contoso.com`) });
  assert.deepEqual(
    check([many]).map((r) => r.code),
    ['object-too-large'],
  );
});

test('lengths of the cloud for attributes that IdFix does not know', () => {
  const [row] = check([user({ department: `${'x'.repeat(63)} y` })]);
  assert.deepEqual(
    [row?.code, row?.severity, row?.errorCode, row?.update],
    ['value-too-long', 'error', 'ExceededAllowedLength', 'x'.repeat(63)],
  );
  assert.deepEqual(check([user({ description: 'x'.repeat(2000), info: 'x'.repeat(2000) })]), [], 'the rules cut these');
});

test('one cause is one finding, with both sides, evidence and a fix that expects the old value', () => {
  const collector = new FindingCollector({ now, isWritable: (name) => name === 'corp' });
  const [owner, other] = [
    user({ proxyAddresses: ['SMTP:ana@contoso.com'], mailNickname: 'ana' }),
    user({ proxyAddresses: ['smtp:ANA@contoso.com'] }),
  ];
  for (const row of check([owner, other])) collector.add(row);
  const [finding, ...rest] = [...collector.findings()];
  assert.deepEqual(rest, []);
  assert.equal(finding?.code, 'duplicate-proxy-address');
  assert.equal(finding?.predicted, true);
  assert.equal(finding?.errorCode, 'AttributeValueMustBeUnique');
  assert.deepEqual(
    finding?.objects.map((o) => [o.role, o.dn]),
    [
      ['holder', owner.dn],
      ['incoming', other.dn],
    ],
  );
  assert.equal(finding?.evidence.length, 2);
  assert.equal(finding?.affected, 2);
  const [fix] = finding?.fix ?? [];
  assert.equal(fix?.applicable, true);
  assert.match(
    fix?.text ?? '',
    /^dn: .*\nchangetype: modify\ndelete: proxyAddresses\nproxyAddresses: smtp:ANA@contoso.com\n-$/,
  );
});

test('a cause with many victims stays small', () => {
  const collector = new FindingCollector({ now, isWritable: () => false });
  const staff = Array.from({ length: 300 }, (_, i) => user({ userPrincipalName: `a${i}@contoso.local` }));
  for (const row of check(staff)) collector.add(row);
  const [finding] = [...collector.findings()];
  assert.deepEqual([finding?.affected, finding?.objects.length, finding?.rows.length], [300, 20, 20]);
  assert.match(finding?.fix.at(-1)?.text ?? '', /precheck --format csv/);
});
