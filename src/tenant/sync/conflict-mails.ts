/** Mail about conflicts: to the technical contacts of the organization, once each (entra-directory s.2.3, 3.2). */
import { type ConflictFacts, conflictMail } from '../../entra/conflict-mail.ts';
import type { ErrorCode } from '../../entra/error-catalogue.ts';
import type { ObjectClass, ProvisioningError } from '../../entra/objects.ts';
import type { ProvisionOutcome } from '../../entra/provision.ts';
import type { ProvisionObject } from '../../entra/sync-protocol.ts';
import type { TenantContext } from '../context.ts';
import { hasMailAbout, keepMail } from '../store/mails.ts';
import type { Body, StoredObject } from '../store/objects.ts';

/** Tells of the values that are withheld from the object now and were not before. One that comes back later is a new conflict. */
export function tellOfWithheld(context: TenantContext, object: StoredObject, before: Body): void {
  const known = new Set(recordsOf(before).map(keyOf));
  for (const record of recordsOf(object.body)) {
    if (known.has(keyOf(record))) continue;
    const isName = record.propertyCausingError === 'UserPrincipalName';
    send(context, `${object.id} ${keyOf(record)}`, {
      attribute: record.propertyCausingError,
      value: record.value,
      class: object.kind as ObjectClass,
      name: String(object.body.displayName ?? object.id),
      outcome: 'withheld',
      placeholder: isName ? String(object.body.userPrincipalName) : undefined,
    });
  }
}
const recordsOf = (body: Body): readonly ProvisioningError[] =>
  (body.onPremisesProvisioningErrors ?? []) as readonly ProvisioningError[];
const keyOf = (record: ProvisioningError): string => `${record.propertyCausingError} ${record.value.toLowerCase()}`;

const duplicates: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['AttributeValueMustBeUnique', 'InvalidSoftMatch']);

/** Tells of a value that the object was refused for. It comes again every cycle; the mail does not. */
export function tellOfRefusal(context: TenantContext, outcome: ProvisionOutcome, operation: ProvisionObject): void {
  const { error, result } = outcome;
  if (error === undefined || !duplicates.has(error.code)) return;
  const attribute = error.facts.attribute ?? '';
  const value = (error.facts.values ?? []).join(', ');
  const conflict = `${result.objectType} ${result.sourceAnchor} ${attribute} ${value.toLowerCase()}`;
  if (hasMailAbout(context.db, conflict)) return;
  const name = String(operation.properties.displayName ?? outcome.target?.graph.displayName ?? result.sourceAnchor);
  send(context, conflict, { attribute, value, class: outcome.class, name, outcome: 'refused' });
}

/** Nobody to write to is no mail. */
function send(context: TenantContext, conflict: string, facts: ConflictFacts): void {
  const { technicalNotificationMails: recipients, displayName } = context.company.state;
  if (recipients.length === 0) return;
  keepMail(context.db, context.clock.now(), conflict, { recipients, ...conflictMail(facts, displayName) });
}
