import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type LdifAttribute,
  LdifError,
  LdifReader,
  type LdifRecord,
  type LdifValue,
  ldifBytes,
  ldifText,
  parseLdif,
} from './ldif.ts';
import { formatLdif, LDIF_HEADER } from './ldif-writer.ts';

test('an entry: folding, base64, comments, several values, Windows line ends', () => {
  const text = [
    'version: 1',
    '# a comment',
    '  that goes on',
    'dn: cn=Barbara Jensen,dc=example,',
    ' dc=com',
    'objectClass: top',
    'cn: Barbara Jensen',
    'OBJECTCLASS: person',
    'description:: w6Q=',
    'empty:',
    'note:   indented',
    'url: http://example.com',
    'userCertificate;binary:: AAH/',
    '',
    '',
    'dn:: Y249w6Q=',
    'cn: last without a line end',
  ].join('\r\n');
  assert.deepEqual(parseLdif(text), [
    {
      kind: 'entry',
      line: 4,
      dn: 'cn=Barbara Jensen,dc=example,dc=com',
      attributes: [
        { name: 'objectClass', values: ['top', 'person'] },
        { name: 'cn', values: ['Barbara Jensen'] },
        { name: 'description', values: [Buffer.from('ä')] },
        { name: 'empty', values: [''] },
        { name: 'note', values: ['indented'] },
        { name: 'url', values: ['http://example.com'] },
        { name: 'userCertificate;binary', values: [Buffer.from([0, 1, 255])] },
      ],
    },
    { kind: 'entry', line: 16, dn: 'cn=ä', attributes: [{ name: 'cn', values: ['last without a line end'] }] },
  ]);
});

test('change records of every kind', () => {
  const text = `dn: cn=a
changetype: add
cn: a

dn: cn=b
control: 1.2.840.113556.1.4.805 true
control: 1.2.3 false: text
control: 1.2.4:: AAE=
changetype: delete

dn: cn=c
changetype: modify
add: member
member: cn=x
member: cn=y
-
delete: mail
-
replace: title
title: Boss
-

dn: cn=d
changetype: modrdn
newrdn: cn=e
deleteoldrdn: 1
newsuperior: ou=f
`;
  const at = (line: number, dn: string) => ({ line, dn, controls: [] });
  assert.deepEqual(parseLdif(text), [
    { ...at(1, 'cn=a'), kind: 'add', attributes: [{ name: 'cn', values: ['a'] }] },
    {
      ...at(5, 'cn=b'),
      controls: [
        { oid: '1.2.840.113556.1.4.805', critical: true },
        { oid: '1.2.3', critical: false, value: 'text' },
        { oid: '1.2.4', critical: false, value: Buffer.from([0, 1]) },
      ],
      kind: 'delete',
    },
    {
      ...at(11, 'cn=c'),
      kind: 'modify',
      changes: [
        { operation: 'add', attribute: 'member', values: ['cn=x', 'cn=y'] },
        { operation: 'delete', attribute: 'mail', values: [] },
        { operation: 'replace', attribute: 'title', values: ['Boss'] },
      ],
    },
    { ...at(23, 'cn=d'), kind: 'rename', newRdn: 'cn=e', deleteOldRdn: true, newSuperior: 'ou=f' },
  ]);
});

test('every mistake is reported with its line and a way out', () => {
  for (const [text, line, words] of [
    ['cn: a\n', 1, 'begin with "dn:"'],
    ['dn: cn=a\ncn a\n', 2, 'no colon'],
    ['dn: cn=a\ncn:: %%%\n', 2, 'not base64'],
    ['dn: cn=a\nphoto:< file:///etc/passwd\n', 2, 'URL'],
    ['dn: cn=a\n\n broken\n', 3, 'continues'],
    ['dn: cn=a\nc n: a\n', 2, 'no attribute name'],
    ['dn: cn=a\ncn: a\ndn: cn=b\n', 3, 'empty line'],
    ['version: 2\n\n', 1, 'version 1'],
    ['dn: cn=a\nchangetype: move\n', 2, 'no change'],
    ['dn: cn=a\nchangetype: delete\ncn: a\n', 3, 'nothing may follow'],
    ['dn: cn=a\nchangetype: modify\nincrement: uid\nuid: 1\n-\n', 3, 'not one of'],
    ['dn: cn=a\nchangetype: modify\nadd: cn\nsn: x\n-\n', 4, 'is expected'],
    ['dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\n', 2, 'deleteoldrdn'],
    ['dn: cn=a\nchangetype: modrdn\nnewrdn: cn=b\nnewrdn: cn=c\n', 4, 'no place'],
    ['dn: cn=a\ncn: x\n-\n', 3, '"-"'],
    ['dn: cn=a\ncontrol: 1.2\ncn: a\n', 1, 'change record only'],
    ['dn:: /w==\ncn: a\n', 1, 'not UTF-8'],
  ] as const) {
    assert.throws(
      () => parseLdif(text),
      (error) => error instanceof LdifError && error.line === line && error.message.includes(words),
      text,
    );
  }
  assert.throws(() => parseLdif(Buffer.from('646e3a20636e3dff0a0a', 'hex')), /Line 1 .*UTF-8/);
});

test('names from a file cannot reach a prototype', () => {
  const [record] = parseLdif('dn: cn=a\nconstructor: x\n');
  assert.ok(record?.kind === 'entry');
  assert.deepEqual(record.attributes[0], { name: 'constructor', values: ['x'] });
});

const name = fc
  .stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,15}(;[a-z]{1,5})?$/)
  .filter((n) => !/^(dn|changetype|control)$/i.test(n));
const value = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.uint8Array({ maxLength: 200 }).map((b) => Buffer.from(b)),
);
const attributes = fc.uniqueArray(fc.record({ name, values: fc.array(value, { minLength: 1, maxLength: 4 }) }), {
  selector: (a) => a.name.toLowerCase(),
  maxLength: 6,
});
const modification = fc.record({
  operation: fc.constantFrom('add' as const, 'delete' as const, 'replace' as const),
  attribute: name,
  values: fc.array(value, { maxLength: 3 }),
});
const controls = fc.array(fc.record({ oid: fc.constantFrom('1.2.3', '2.5'), critical: fc.boolean() }), {
  maxLength: 2,
});
const dn = fc.string({ unit: 'grapheme', maxLength: 120 });
const line = fc.constant(0);
const record: fc.Arbitrary<LdifRecord> = fc.oneof(
  fc.record({ kind: fc.constant('entry' as const), dn, line, attributes }),
  fc.record({ kind: fc.constant('add' as const), dn, line, controls, attributes }),
  fc.record({ kind: fc.constant('delete' as const), dn, line, controls }),
  fc.record({
    kind: fc.constant('modify' as const),
    dn,
    line,
    controls,
    changes: fc.array(modification, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('rename' as const),
    dn,
    line,
    controls,
    newRdn: fc.string(),
    deleteOldRdn: fc.boolean(),
    newSuperior: fc.string(),
  }),
);

/** The record with all values as bytes: whether a value was written as text or in base64 is no difference. */
function normal(given: LdifRecord): unknown {
  const bytes = (values: readonly LdifValue[]): string[] => values.map((v) => ldifBytes(v).toString('hex'));
  const all = (list: readonly LdifAttribute[]) => list.map((a) => ({ ...a, values: bytes(a.values) }));
  const copy: Record<string, unknown> = { ...given, line: 0 };
  if ('attributes' in given) copy.attributes = all(given.attributes);
  if (given.kind === 'modify') copy.changes = given.changes.map((c) => ({ ...c, values: bytes(c.values) }));
  // fast-check's records have no prototype.
  return JSON.parse(JSON.stringify(copy));
}

test('what is written is read back, however the file is cut and folded', () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 5 }),
      fc.constantFrom(0, 20, 76),
      fc.array(fc.nat(5000), { maxLength: 8 }),
      (records, width, cuts) => {
        const file = Buffer.from(LDIF_HEADER + records.map((r) => formatLdif(r, width)).join(''));
        const reader = new LdifReader();
        const borders = [0, ...cuts.map((c) => c % (file.length + 1)).sort((a, b) => a - b), file.length];
        const found = borders.slice(1).flatMap((end, i) => reader.push(file.subarray(borders[i], end)));
        found.push(...reader.end());
        assert.deepEqual(found.map(normal), records.map(normal));
        if (width > 0)
          assert.ok(
            file
              .toString()
              .split('\n')
              .every((l) => l.length <= width),
          );
      },
    ),
  );
});

test('whatever the text, it is LDIF or an LdifError', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'dn:ca=-# \n;<0\r'), maxLength: 80 }), (text) => {
      try {
        parseLdif(text);
      } catch (error) {
        assert.ok(error instanceof LdifError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});

test('a value of eight megabytes, in one line or folded, takes linear time', () => {
  const photo = Buffer.alloc(8 << 20, 7);
  for (const width of [0, 76]) {
    const file = formatLdif(
      { kind: 'entry', line: 1, dn: 'cn=a', attributes: [{ name: 'photo', values: [photo] }] },
      width,
    );
    const reader = new LdifReader();
    const start = performance.now();
    const found: LdifRecord[] = [];
    for (let at = 0; at < file.length; at += 65_536) found.push(...reader.push(file.slice(at, at + 65_536)));
    found.push(...reader.end());
    assert.ok(found[0]?.kind === 'entry');
    assert.deepEqual(found[0].attributes[0]?.values[0], photo);
    assert.ok(performance.now() - start < 4000);
  }
});

test('text and bytes of a value', () => {
  assert.equal(ldifText(Buffer.from('ä')), 'ä');
  assert.deepEqual(ldifBytes('ä'), Buffer.from('ä'));
  assert.throws(() => ldifText(Buffer.from([255])), TypeError);
});
