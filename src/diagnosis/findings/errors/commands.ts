/** Which commands show a case of the casebook. */
import { type CaseCode, caseOf } from '../cases.ts';

const whole = 'causeway diagnose';
const one = 'causeway diagnose REF';
const explain = 'causeway explain REF';

/** Told only to whoever asks for one object: a finding for each of them would bury the others. */
const askedForOne: ReadonlySet<CaseCode> = new Set<CaseCode>([
  'duplicate-mail-nickname',
  'ou-not-in-scope',
  'domain-not-in-scope',
  'object-type-not-selected',
  'filtered-by-rule',
  'filtered-by-group',
  'rule-precedence-override',
]);
/** Of the system, although the section is one of objects. */
const ofSystem: ReadonlySet<CaseCode> = new Set<CaseCode>([
  'anchor-attribute-changed',
  'needs-full-sync',
  'ou-renamed',
  'rule-conflict',
]);
/** Of single objects, although the section is one of the system. */
const ofObjects: ReadonlySet<CaseCode> = new Set<CaseCode>(['export-not-confirmed', 'dn-attributes-failure']);
/** What docs/precheck.md lists: data shows it before anything is exported. */
const seenByPrecheck: ReadonlySet<CaseCode> = new Set<CaseCode>([
  'duplicate-proxy-address',
  'duplicate-upn',
  'duplicate-mail',
  'duplicate-mail-nickname',
  'duplicate-sip',
  'duplicate-sid',
  'stale-proxy-address',
  'duplicate-source-anchor',
  'cloud-only-owner',
  'invalid-soft-match',
  'invalid-hard-match',
  'anchor-changed-recreated',
  'object-type-mismatch',
  'existing-admin-role-conflict',
  'invalid-upn',
  'unroutable-upn-suffix',
  'invalid-mail',
  'invalid-proxy-address',
  'invalid-characters',
  'value-too-long',
  'too-many-certificates',
  'photo-too-large',
  'object-too-large',
  'group-too-large',
  'no-anchor',
  'conflict-object',
]);

/** As they are typed, the one that tells most of the situation first. */
export function commandsOf(code: CaseCode): readonly string[] {
  const { section } = caseOf(code);
  if (askedForOne.has(code)) return [one, explain, ...before(code)];
  if (code === 'password-not-synced') return [whole, one, 'causeway passwords status REF'];
  if (section === 'F') return [whole, 'causeway passwords status'];
  if (ofObjects.has(code)) return [whole, one, explain];
  if (section === 'D' || section === 'E' || ofSystem.has(code)) return [whole];
  return [whole, one, explain, ...before(code)];
}

const before = (code: CaseCode): string[] => (seenByPrecheck.has(code) ? ['causeway precheck'] : []);
