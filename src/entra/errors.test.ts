import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCatalogue, errorCategories, quarantinedEntry } from './error-catalogue.ts';
import { extraErrorDetails, isErrorCode, renderError } from './errors.ts';

const facts = {
  objectId: 'o1',
  conflictingObjectId: 'o2',
  conflictingClass: 'group',
  attribute: 'ProxyAddresses',
  values: ['SMTP:bob@contoso.com'],
  trackingId: 't1',
};

describe('the error catalogue (entra-directory s.3.1)', () => {
  it('has every name of the table', () => {
    const names = `AttributeValueMustBeUnique InvalidSoftMatch InvalidHardMatch AttributeUpdateNotAllowed ObjectTypeMismatch
      DataValidationFailed IdentityDataValidationFailed ExceededAllowedLength LargeObject ExistingAdminRoleConflict
      FederatedDomainChangeError DeletingCloudOnlyObjectNotAllowed QuotaExceeded ServerBusy PasswordSyncNotActivated AccessDenied
      CredentialsInvalid CredentialsExpired IdentitySynchronizationError ReferenceNotFound InvalidLicense`;
    for (const name of names.split(/\s+/)) assert.ok(isErrorCode(name), name);
    assert.equal(isErrorCode('toString'), false);
  });
  it('categories are those of the health report', () => {
    const expected: Record<string, string> = {
      AttributeValueMustBeUnique: 'Duplicate attribute',
      InvalidSoftMatch: 'Data mismatch',
      InvalidHardMatch: 'Data mismatch',
      AttributeUpdateNotAllowed: 'Data mismatch',
      ObjectTypeMismatch: 'Data mismatch',
      IdentityDataValidationFailed: 'Data validation failure',
      DataValidationFailed: 'Data validation failure',
      ExceededAllowedLength: 'Large attribute',
      LargeObject: 'Large attribute',
      ExistingAdminRoleConflict: 'Existing admin role conflict',
      FederatedDomainChangeError: 'Federated domain change',
      DeletingCloudOnlyObjectNotAllowed: 'Other',
      QuotaExceeded: 'Other',
    };
    for (const [code, category] of Object.entries(expected)) {
      assert.equal(errorCatalogue[code as keyof typeof errorCatalogue].category, category, code);
    }
    assert.equal(errorCategories.length, 7);
  });
  it('what is tried again: every cycle, soon, or never', () => {
    const never = Object.entries(errorCatalogue)
      .filter(([, e]) => e.retry === 'never')
      .map(([code]) => code);
    assert.deepEqual(never.sort(), [
      'CredentialsExpired',
      'CredentialsInvalid',
      'ExistingAdminRoleConflict',
      'InvalidLicense',
      'PasswordAccessViolation',
    ]);
    assert.equal(errorCatalogue.ServerBusy.retry, 'backoff');
    assert.equal(errorCatalogue.AttributeValueMustBeUnique.retry, 'next-cycle');
    assert.equal(quarantinedEntry.retry, 'never');
  });
  it('known numbers: 81, 90, 114 with 0x8023134a, AADSTS50034, AADSTS50055', () => {
    assert.equal(errorCatalogue.ServerBusy.numericCode, 81);
    assert.equal(errorCatalogue.PasswordSyncNotActivated.numericCode, 90);
    assert.equal(errorCatalogue.DeletingCloudOnlyObjectNotAllowed.numericCode, 114);
    assert.equal(errorCatalogue.DeletingCloudOnlyObjectNotAllowed.literal, '0x8023134a');
    assert.equal(errorCatalogue.CredentialsInvalid.literal, 'AADSTS50034');
    assert.equal(errorCatalogue.CredentialsExpired.literal, 'AADSTS50055');
  });
  it('every entry speaks to people: title, explanation and fix', () => {
    for (const [code, entry] of Object.entries(errorCatalogue)) {
      assert.ok(entry.title.length > 5 && entry.explanation.endsWith('.') && entry.fix.endsWith('.'), code);
    }
  });
});

describe('messages (entra-directory s.3.2)', () => {
  it('duplicates name attribute and value in brackets, the article and the tracking id', () => {
    const { message } = renderError('AttributeValueMustBeUnique', facts);
    assert.match(message, /\[ProxyAddresses SMTP:bob@contoso\.com;\]/);
    assert.match(message, /may already be associated with another object/);
    assert.match(message, /KB 2647098.*Tracking Id: t1$/);
    assert.equal(renderError('InvalidSoftMatch', facts).message, message);
  });
  it('details have the keys of ExtraErrorDetails, also as the classic JSON', () => {
    const { details } = renderError('AttributeValueMustBeUnique', facts);
    assert.deepEqual(details, {
      ObjectId: 'o1',
      ObjectIdInConflict: 'o2',
      AttributeConflictName: 'ProxyAddresses',
      AttributeConflictValues: 'SMTP:bob@contoso.com',
    });
    assert.deepEqual(JSON.parse(extraErrorDetails(details)), [
      { Key: 'ObjectId', Value: ['o1'] },
      { Key: 'ObjectIdInConflict', Value: ['o2'] },
      { Key: 'AttributeConflictName', Value: ['ProxyAddresses'] },
      { Key: 'AttributeConflictValues', Value: ['SMTP:bob@contoso.com'] },
    ]);
  });
  it('the other texts: 114, passwords of users of the cloud, 90, 81', () => {
    const text = (code: Parameters<typeof renderError>[0]) => renderError(code, { trackingId: 't1' }).message;
    assert.match(
      text('DeletingCloudOnlyObjectNotAllowed'),
      /synchronization operation, Delete, is not valid.*Tracking Id: t1/,
    );
    assert.match(
      text('PasswordAccessViolation'),
      /update includes a credential of a user who is mastered in the cloud/,
    );
    assert.match(text('PasswordSyncNotActivated'), /not been activated for this company/);
    assert.match(text('ServerBusy'), /busy.*tried again automatically/);
  });
  it('leaves out what is not known, and never shows an unfilled part', () => {
    for (const code of Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[]) {
      for (const some of [{}, facts, { ...facts, limit: 3, actual: 4, reason: 'Because.' }]) {
        assert.doesNotMatch(renderError(code, some).message, /[{}«»]|undefined/, code);
      }
    }
  });
  it('values are text, not templates', () => {
    const { message } = renderError('AttributeValueMustBeUnique', { attribute: 'Mail', values: ['{reason}«x»$&'] });
    assert.match(message, /\[Mail \{reason\}«x»\$&;\]/);
  });
});
