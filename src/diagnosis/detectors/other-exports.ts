/** Exports to the cloud that were refused for other reasons than a value or a match. */
import { errorCatalogue } from '../../entra/error-catalogue.ts';
import { isErrorCode } from '../../entra/errors.ts';
import {
  clouds,
  counted,
  type Detector,
  type DiagnosisContext,
  firstSeen,
  groupBy,
  lastSeen,
  type StoredError,
  storedErrors,
} from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { identityObjects } from '../findings/object.ts';
import { commandFix, graphFix, textFix } from '../fix/text.ts';

/** Codes that have a detector of their own. */
const elsewhere: ReadonlySet<string> = new Set([
  ...['AttributeValueMustBeUnique', 'QuarantinedAttributeValueMustBeUnique', 'InvalidSoftMatch', 'ObjectTypeMismatch'],
  ...['ExistingAdminRoleConflict', 'IdentityDataValidationFailed', 'DataValidationFailed', 'ExceededAllowedLength'],
  ...['LargeObject', 'FederatedDomainChangeError', 'InvalidHardMatch', 'AttributeUpdateNotAllowed', 'duplicate-anchor'],
]);

export const otherExports: Detector = {
  name: 'other-exports',
  detect(context) {
    const own = new Set(clouds(context).map((c) => c.row.id));
    const errors = storedErrors(context, 'export').filter(
      (e) =>
        own.has(context.store.cs.get(e.cs)?.connector ?? -1) &&
        !elsewhere.has(e.code) &&
        // The verified domains tell of the whole suffix, if the tenant can be asked.
        !(e.code === 'user-principal-name-not-verified' && context.live),
    );
    return [...groupBy(errors, (e) => `${context.store.cs.get(e.cs)?.connector}|${e.code}`).values()].map((group) =>
      findingOf(context, group),
    );
  },
};

const cases: Readonly<Record<string, CaseCode>> = {
  DeletingCloudOnlyObjectNotAllowed: 'cloud-only-protected',
  PasswordAccessViolation: 'cloud-only-protected',
  ReferenceNotFound: 'unresolved-reference',
  ServerBusy: 'cloud-throttled',
  AccessDenied: 'cloud-auth-failed',
  CredentialsInvalid: 'cloud-auth-failed',
  CredentialsExpired: 'cloud-auth-failed',
  'cd-connection-error': 'cloud-unavailable',
  'user-principal-name-not-verified': 'unroutable-upn-suffix',
};

function findingOf(context: DiagnosisContext, group: readonly StoredError[]): FindingFacts {
  const first = group[0] as StoredError;
  const row = context.store.cs.get(first.cs);
  const connector = row ? (context.engine.byId.get(row.connector)?.row.name ?? '') : '';
  const entry = isErrorCode(first.code) ? errorCatalogue[first.code] : undefined;
  const code = Object.hasOwn(cases, first.code) ? (cases[first.code] as CaseCode) : 'export-error';
  return {
    code,
    ...(code === 'export-error' && entry ? { title: entry.title } : {}),
    // Written, but not as it was asked.
    ...(first.severity === 'warning'
      ? { severity: 'info' as const, title: 'Something was left out of an export' }
      : {}),
    root: [connector, first.code].join('|'),
    errorCode: first.code,
    attribute: first.attribute,
    value: first.value,
    summary: `${connector} ${first.severity === 'warning' ? 'does not take everything of' : 'refuses'} ${counted(group.length, 'object')} (${first.code}). ${entry?.explanation ?? first.message}`,
    objects: group.slice(0, 20).flatMap((e) => identityObjects(context, e.cs, 'target')),
    affected: group.length,
    evidence: group.slice(0, 3).map((e) => ({ source: `export to ${connector}`, fact: e.message })),
    fix: fixesOf(context, first, connector, entry?.fix ?? first.message),
    firstSeen: firstSeen(group),
    lastSeen: lastSeen(group),
  };
}

function fixesOf(context: DiagnosisContext, error: StoredError, connector: string, advice: string) {
  switch (error.code) {
    case 'DeletingCloudOnlyObjectNotAllowed': {
      const id = /_([0-9a-f-]{36})$/i.exec(context.store.cs.get(error.cs)?.anchor ?? '')?.[1];
      const remove = id
        ? [
            graphFix(
              'If it really has to go: delete it in the cloud, which masters it',
              connector,
              [{ method: 'DELETE', path: `/v1.0/users/${id}` }],
              ['User.ReadWrite.All'],
            ),
          ]
        : [];
      return [textFix('Why the cloud refuses', 'cloud', advice), ...remove];
    }
    case 'ObjectNotFound':
      return [
        commandFix('Read the cloud again as a whole', ['run', connector, 'full-import'], {
          kind: 'cycle',
          policy: 'initial',
        }),
      ];
    default:
      return [textFix('What to do', 'cloud', advice)];
  }
}
