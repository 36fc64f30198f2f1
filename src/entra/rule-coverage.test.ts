/** Every part of sections 1 to 4 of the reference has a row in docs/entra-rules.md, and so a test. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { namesOfCell, partsOfReference, type ReferencePart } from './rule-coverage.ts';

const document = readFileSync(new URL('../../docs/entra-rules.md', import.meta.url), 'utf8');
const reference = new URL('../../../shared/reference/entra-directory.md', import.meta.url);
const rows = [...document.matchAll(/^\| ([1-4]\.\d [^|]+?) \|/gm)].map((match) => match[1] as string);

/** Beginnings of parts that are called otherwise in the document, and all rows that stand for them. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  '1.1 Only for objects': ['1.1 new adds only; a change never merges'],
  '1.1 Server-side': ['1.1 the same for every client'],
  '1.2 step 2.3': ['1.2 step 2.3', '1.2 2.3 and 2.4 skipped for ongoing objects'],
  '1.2 step 2.4': [
    '1.2 step 2.4',
    '1.2 2.4 skipped by the allow… feature',
    '1.2 2.3 and 2.4 skipped for cloud-managed accounts',
  ],
  '1.2 SMTP before UPN': ['1.2 SMTP before UPN', '1.2 UPN match works once per object'],
  '1.2 Which side': ['1.2 match key primary, conflict check all addresses'],
  '1.2 Hard match takes over': ['1.2 hard match takes over cloud-only users'],
  '1.2 Both block switches': ['1.2 block switches are tenant-wide'],
  '1.2 A user removed from sync scope': ['1.2 out of scope and back'],
  '1.3 different anchor, same SID, same primary SMTP': ['1.3 same SID, same primary'],
  '1.3 different anchor, different SID': ['1.3 different SID, same primary'],
  '1.3 different anchor, same SID only': ['1.3 same SID only'],
  '1.3 different anchor, only UPN': ['1.3 only UPN or secondary'],
  '1.3 Fix is always': ['1.3 the fix'],
  '1.4 onPremisesSyncEnabled → true': ['1.4 identity stamped'],
  '1.4 Every attribute': ['1.4 values overwritten, password too'],
  '1.4 Group memberships': ['1.4 memberships, licences, roles, id stay'],
  '1.5 non-mail security group': ['1.5 security group'],
  '1.6 Value': ['1.6 base64 of 16 bytes, or plain text'],
  '1.6 Chosen attribute constraints': ['1.6 length and characters', '1.6 ordinal comparison'],
  '1.6 Never changes': ['1.6 never changes; set once on a cloud user'],
  '1.6 Graph: settable': ['1.6 through Graph', '1.6 required in a federated domain'],
  '1.6 Moving a managed user': ['1.6 required in a federated domain'],
  '1.6 onPremisesObjectIdentifier': ['1.6 onPremisesObjectIdentifier only cleared'],
  '1.7 Delete of a cloud-only': ['1.7 delete of a cloud-only or restored object'],
  '1.7 Password hash': ['1.7 hash for a cloud-only user'],
  '1.7 > threshold': ['1.7 deletion threshold'],
  '1.7 Restoring a user': ['1.7 restored before the second cycle'],
  '1.7 Object converted': ['1.7 mastery given to the cloud'],
  '1.7 /users|groups|contacts': ['1.7 onPremisesSyncBehavior of groups and contacts'],
  '2.1 proxyAddresses (smtp': ['2.1 proxyAddresses, SMTP'],
  '2.1 proxyAddresses (SIP': ['2.1 proxyAddresses, SIP and X500'],
  '2.1 application/servicePrincipal': ['2.1 application, servicePrincipal'],
  '2.1 Domain names': ['2.1 domain names'],
  '2.2 Stored form': ['2.2 values without prefix, with spaces or invalid characters'],
  '2.2 SMTP: primary': ['2.2 prefixes'],
  '2.2 Values in a reserved suffix': ['2.2 reserved suffixes'],
  '2.2 Values in a non-verified domain': ['2.2 domains that are not verified'],
  '2.3 On for every tenant': ['2.3 on for every tenant, two attributes'],
  '2.3 Conflict on a required attribute': ['2.3 placeholder name, address left out, success'],
  '2.3 The withheld value is recorded': ['2.3 fields of the record', '2.3 on users, groups and contacts'],
  '2.3 category': ['2.3 fields of the record'],
  '2.3 occurredDateTime': ['2.3 fields of the record'],
  '2.3 propertyCausingError': ['2.3 fields of the record'],
  '2.3 value': ['2.3 fields of the record'],
  '2.3 Queries': ['2.3 queries'],
  '2.3 Auto-heal': ['2.3 auto-heal', '2.3 admin mail, once'],
  '2.3 Exceptions that still throw': ['2.3 exception 1', '2.3 exception 2', '2.3 exception 3'],
  '2.3 Portal oddities': ['2.3 both objects of a pair with the same text'],
  '2.4 Inputs kept as shadow': ['2.4 shadow values'],
  '2.4 mailNickname (first non-empty': ['2.4 mailNickname'],
  '2.4 UPN: suffix': ['2.4 UPN', '2.4 UPN recalculated of a licensed user'],
  '2.4 Without license': ['2.4 scenario: no mail data'],
  '2.4 Worked scenarios': [
    '2.4 scenario: no mail data',
    '2.4 scenario: mail only',
    '2.4 scenario: onmicrosoft values dropped, primary replaced',
    '2.4 scenario: licence removed',
    '2.4 scenario: mailNickname changed',
    '2.4 scenario: two users, one mailNickname',
    '2.4 scenario: unverified suffix',
  ],
  '2.5 synchronizeUpnForManagedUsersEnabled = true': ['2.5 feature on'],
  '2.5 = false': ['2.5 feature off'],
  '2.5 federated domain → other': ['2.5 federated to federated'],
  '2.5 enabling the feature later': ['2.5 feature turned on later'],
  '3.1 Retry column': ['3.1 names, categories, retry, numbers'],
  '3.1 (quarantined)': ['3.1 (quarantined)'],
  '3.1 ExistingAdminRoleConflict': ['3.1 ExistingAdminRoleConflict and its fix'],
  '3.1 QuotaExceeded / directory quota': ['3.1 QuotaExceeded'],
  '3.1 Password sync not activated': ['3.1 password synchronization not activated'],
  '3.1 CredentialsInvalid AADSTS50034': ['3.1 CredentialsInvalid, CredentialsExpired'],
  '3.1 Reference not found': ['3.1 reference not found'],
  '3.1 Health error report buckets': ['3.1 health error report'],
  '3.2 AttributeValueMustBeUnique, InvalidSoftMatch': ['3.2 duplicates: text, tracking id'],
  '3.2 DeletingCloudOnlyObjectNotAllowed': ['3.2 114, cloud-only protection, 81, 90'],
  '3.2 ExtraErrorDetails shape': ['3.2 ExtraErrorDetails'],
  '3.2 Each failing object': ['3.2 event 6941', '3.2 fields of an error record, DN of the connector space'],
  '4.1 prefix@suffix': ['4.1 one @, edges'],
  '4.1 Allowed in prefix': ['4.1 characters', '4.1 one @, edges'],
  '4.1 Length': ['4.1 lengths'],
  '4.1 Suffix must be verified': ['4.1 suffix: sync falls back, Graph refuses'],
  '4.1 Local/internal suffixes': ['4.1 local suffixes'],
  '4.2 city / state': [
    '4.2 givenName, surname, jobTitle, department, companyName, address, mobilePhone, officeLocation, faxNumber, employeeId, extensionAttribute1–15',
  ],
  '4.2 onPremisesExtensionAttributes': [
    '4.2 givenName, surname, jobTitle, department, companyName, address, mobilePhone, officeLocation, faxNumber, employeeId, extensionAttribute1–15',
  ],
  '4.2 userCertificate': ['4.2 certificates'],
  '4.2 group.displayName': ['4.2 group names and description'],
  '4.3 dynamic groups + dynamic AUs': ['4.3 dynamic groups and dynamic administrative units'],
  '4.3 AUs per object': ['4.3 administrative units of an object'],
  '4.3 Nested groups': ['4.3 nested groups'],
};
/** Headings and remarks that state no rule of these sections. */
const remarks = [
  '1.2 step 3.3',
  '1.2 Notes',
  '2.4 proxyAddresses / mail:',
  '3.1 "Password writeback / PHS" failures have their own lists in section 6 and 7.',
];

const nameOf = (part: ReferencePart): string => `${part.section} ${part.text}`;
/** The longest alias that the name begins with. */
const aliasOf = (name: string): string | undefined =>
  Object.keys(aliases)
    .filter((beginning) => name.startsWith(beginning))
    .sort((a, b) => b.length - a.length)[0];

/** What of a part no row stands for. */
function uncovered(part: ReferencePart): string[] {
  const name = nameOf(part);
  if (remarks.includes(name) || rows.includes(name)) return [];
  const alias = aliasOf(name);
  if (alias !== undefined) return aliases[alias]?.filter((row) => !rows.includes(row)) ?? [];
  const known = new Set(
    rows
      .filter((row) => row.startsWith(`${part.section} `))
      .flatMap((row) => namesOfCell(row.slice(part.section.length + 1))),
  );
  const names = namesOfCell(part.text);
  return names.length === 0 ? [name] : names.filter((one) => !known.has(one)).map((one) => `${part.section} ${one}`);
}

it('parts: rows, steps, points and paragraphs; not their heads, rules and second lines', () => {
  const text = `# R
## 0. Before
| a | b |
|---|---|
| no | no |
## 1. First
### 1.1 One
A paragraph that
goes on.
* a \`point\` that
  goes on
### 1.2 Two
\`\`\`
f(x):
 0  first
 3  third
    3.1 under
        a. case
\`\`\`
| Head | x |
|---|---|
| \`row\` / other \\| more | y |
Text after.

1. step
## 5. After
| no | no |
`;
  assert.deepEqual(
    partsOfReference(text).map((part) => `${part.section}|${part.text}`),
    [
      '1.1|A paragraph that',
      '1.1|a point that',
      '1.2|step 0',
      '1.2|step 3',
      '1.2|step 3.1',
      '1.2|step 3.1 a',
      '1.2|row / other | more',
      '1.2|Text after.',
      '1.2|step 1',
    ],
  );
  assert.deepEqual(namesOfCell('givenName / surname (x, y) [M]'), ['givenname', 'surname']);
});

if (existsSync(reference)) {
  const parts = partsOfReference(readFileSync(reference, 'utf8'));

  it('every row, step and paragraph of sections 1 to 4 of the reference has a row in docs/entra-rules.md', () => {
    assert.ok(parts.length > 170, `${parts.length} parts were read from the reference`);
    assert.deepEqual(parts.flatMap(uncovered), []);
  });
  it('no alias and no remark is for a part that the reference does not have', () => {
    const names = parts.map(nameOf);
    const used = new Set(names.map(aliasOf));
    assert.deepEqual(
      Object.keys(aliases).filter((alias) => !used.has(alias)),
      [],
    );
    assert.deepEqual(
      remarks.filter((remark) => !names.includes(remark)),
      [],
    );
  });
}
