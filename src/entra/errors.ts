import { type CatalogueEntry, type ErrorCode, errorCatalogue } from './error-catalogue.ts';
import type { ProvisionResult } from './sync-protocol.ts';

/** Name of an attribute in `AttributeConflictName` (entra-directory s.3.2). */
export type ConflictName =
  | 'ProxyAddresses'
  | 'UserPrincipalName'
  | 'OnPremiseSecurityIdentifier'
  | 'SipProxyAddress'
  | 'Mail'
  | 'DeviceId'
  | 'SourceAnchor';

/** The variable parts of an error. Absent parts are left out of the text. */
export interface ErrorFacts {
  /** The incoming or target object: its cloud id, or its source anchor while it has none. */
  readonly objectId?: string | undefined;
  readonly conflictingObjectId?: string | undefined;
  /** Class of the object in conflict, for people: `group`. */
  readonly conflictingClass?: string | undefined;
  readonly attribute?: string | undefined;
  readonly values?: readonly string[] | undefined;
  /** What the limit is, and what was found. */
  readonly limit?: number | undefined;
  readonly actual?: number | undefined;
  /** Why, in one plain sentence. */
  readonly reason?: string | undefined;
  readonly trackingId?: string | undefined;
}

/** A refusal by the cloud's rules, as a value. */
export interface RuleError {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
}

export const ruleError = (code: ErrorCode, facts: ErrorFacts): RuleError => ({ code, facts });

/** What an answer carries of an error. */
export interface RenderedError {
  readonly code: ErrorCode;
  readonly numericCode?: number;
  readonly literal?: string;
  readonly title: string;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly category: CatalogueEntry['category'];
  readonly retry: CatalogueEntry['retry'];
}

/** The error in words, with its details under the keys of `ExtraErrorDetails` (entra-directory s.3.2). */
export function renderError(code: ErrorCode, facts: ErrorFacts): RenderedError {
  const entry: CatalogueEntry = errorCatalogue[code];
  const tracking = facts.trackingId === undefined ? '' : ` Tracking Id: ${facts.trackingId}`;
  return {
    code,
    ...(entry.numericCode === undefined ? {} : { numericCode: entry.numericCode }),
    ...(entry.literal === undefined ? {} : { literal: entry.literal }),
    title: entry.title,
    message: `${fillIn(entry.message, facts)}${tracking}`,
    details: detailsOf(facts),
    category: entry.category,
    retry: entry.retry,
  };
}

/** Replaces `{part}` by the fact; text in `«…»` disappears if a fact in it is missing. */
function fillIn(template: string, facts: ErrorFacts): string {
  const parts: Readonly<Record<string, string | undefined>> = {
    attribute: facts.attribute,
    values: facts.values?.join(', '),
    pair: facts.attribute === undefined ? undefined : `${facts.attribute} ${(facts.values ?? []).join(',')}`.trim(),
    object: facts.objectId,
    conflict: facts.conflictingObjectId,
    class: facts.conflictingClass,
    limit: facts.limit?.toString(),
    actual: facts.actual?.toString(),
    reason: facts.reason,
  };
  const known = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? '');
  return known(
    template.replace(/«([^«»]*)»/g, (_, optional: string) =>
      [...optional.matchAll(/\{(\w+)\}/g)].every(([, name]) => parts[name as string] !== undefined) ? optional : '',
    ),
  ).trim();
}

function detailsOf(facts: ErrorFacts): Record<string, string> {
  const details: Record<string, string> = {};
  if (facts.objectId !== undefined) details.ObjectId = facts.objectId;
  if (facts.conflictingObjectId !== undefined) details.ObjectIdInConflict = facts.conflictingObjectId;
  if (facts.attribute !== undefined) details.AttributeConflictName = facts.attribute;
  if (facts.values !== undefined && facts.values.length > 0) details.AttributeConflictValues = facts.values.join(',');
  return details;
}

/** The details as the classic engines log them: a JSON array of keys and value lists (entra-directory s.3.2). */
export const extraErrorDetails = (details: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(details).map(([Key, value]) => ({ Key, Value: [value] })));

/** The error members of a provisioning result. */
export function errorMembers(
  error: RuleError,
): Required<Pick<ProvisionResult, 'errorCode' | 'errorDescription' | 'errorDetails'>> {
  const { code, message, details } = renderError(error.code, error.facts);
  return { errorCode: code, errorDescription: message, errorDetails: details };
}

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code);
