/** Answers of Graph and refusals of the rules as results of an export, with the classic codes (entra-directory s.3, 5.10). */
import type { RuleError } from '../../entra/errors.ts';
import { renderError } from '../../entra/errors.ts';
import type { ExportError, ExportRequest, ExportResult } from '../contract.ts';
import type { GraphAnswer } from './graph-client.ts';
import { obstacleText } from './graph-obstacles.ts';

type Refusal = Extract<GraphAnswer, { kind: 'refused' }>;

export const isAlreadyThere = (answer: GraphAnswer): boolean =>
  answer.kind === 'refused' && answer.status === 400 && /already exist/i.test(answer.message) && !isDuplicate(answer);
export const isMissing = (answer: GraphAnswer): boolean => answer.kind === 'refused' && answer.status === 404;

const duplicateText = /Another object with the same value for property (\w+)/i;
const isDuplicate = (answer: Refusal): boolean =>
  answer.code === 'Request_MultipleObjectsWithSameKeyValue' || duplicateText.test(answer.message);

const mastered = /on-premises mastered|originated within an external service/i;
/** Names of `AttributeConflictName` (entra-directory s.3.2). */
const conflictNames: Readonly<Record<string, string>> = {
  userprincipalname: 'UserPrincipalName',
  proxyaddresses: 'ProxyAddresses',
  mail: 'ProxyAddresses',
  onpremisesimmutableid: 'SourceAnchor',
  uniquename: 'SourceAnchor',
};

/** A refusal of Graph in the engine's words. `id`: the object that was to be written, if it is known. */
export function errorOfRefusal(answer: Refusal, id?: string): ExportError {
  const facts = { graphCode: answer.code, httpStatus: String(answer.status) };
  const make = (code: string, retry: ExportError['retry'], attribute?: string): ExportError => ({
    code,
    detail: answer.message,
    ...(attribute === undefined ? {} : { attribute }),
    facts: { ...facts, ...(attribute === undefined ? {} : { AttributeConflictName: attribute }) },
    retry,
  });
  if (mastered.test(answer.message)) {
    const error = masteredElsewhere(id);
    return { ...error, facts: { ...facts, ...error.facts } };
  }
  if (isDuplicate(answer)) {
    const property = answer.target ?? duplicateText.exec(answer.message)?.[1] ?? '';
    return make('AttributeValueMustBeUnique', 'next-cycle', conflictNames[property.toLowerCase()] ?? property);
  }
  switch (answer.status) {
    case 400: {
      if (answer.code === 'Directory_QuotaExceeded') return make('QuotaExceeded', 'next-cycle');
      const property = /property '(\w+)'/i.exec(answer.message)?.[1];
      return { ...make('DataValidationFailed', 'next-cycle'), ...(property ? { attribute: property } : {}) };
    }
    case 401:
    case 403:
      return make(answer.code === 'Directory_QuotaExceeded' ? 'QuotaExceeded' : 'AccessDenied', 'next-cycle');
    case 404:
      return make('cd-missing-object', 'next-cycle');
    case 409:
    case 412:
    case 423:
    case 424:
    case 429:
    case 503:
      return make('ServerBusy', 'backoff');
    default:
      return make('cd-error', 'next-cycle');
  }
}

/** A refusal of the rules in the engine's words. */
export function errorOfRule(error: RuleError): ExportError {
  const { code, message, details, retry } = renderError(error.code, error.facts);
  const attribute = details.AttributeConflictName;
  const value = details.AttributeConflictValues;
  return {
    code,
    detail: message,
    ...(attribute === undefined ? {} : { attribute }),
    ...(value === undefined ? {} : { value }),
    facts: details,
    retry,
  };
}

export const masteredElsewhere = (id?: string): ExportError => ({
  code: 'mastered-by-another-engine',
  detail: `The object${id === undefined ? '' : ` ${id}`} of the tenant is mastered by another synchronization engine (onPremisesSyncEnabled is true), so Causeway does not write to it. Take it out of the scope of one of the two.`,
  ...(id === undefined
    ? {}
    : { facts: { ObjectIdInConflict: id }, obstacle: obstacleText({ kind: 'mastered', holder: id }) }),
  retry: 'never',
});

export const heldByAdministrator = (id: string, roles: readonly string[]): ExportError => ({
  code: 'ExistingAdminRoleConflict',
  detail: `The object ${id} of the tenant holds an administrator role or may activate one (${roles.join(', ')}), so Causeway does not write to it. Remove the role, synchronize, and give it back.`,
  facts: { ObjectIdInConflict: id, roles: roles.join(', ') },
  retry: 'never',
  obstacle: obstacleText({ kind: 'role', holder: id }),
});

/** Something that Microsoft Graph offers to nobody: told once for the object, and no failure. */
export const notOffered = (what: string, attribute?: string): ExportError => ({
  code: 'not-offered-by-target',
  detail: `Microsoft Graph does not let an app write ${what}.`,
  ...(attribute === undefined ? {} : { attribute }),
  retry: 'never',
});

export const setAside = (attribute: string, value: string, heldBy: string): ExportError => ({
  code: 'QuarantinedAttributeValueMustBeUnique',
  detail: `The object was written without the value ${value} of ${attribute}, because the object ${heldBy} has it.`,
  attribute,
  value,
  facts: { ObjectIdInConflict: heldBy, AttributeConflictName: attribute, AttributeConflictValues: value },
  retry: 'never',
});

export const failure = (request: ExportRequest, error: ExportError): ExportResult => ({
  id: request.id,
  outcome: 'failure',
  error,
});

/** What became of a request that was not carried out, or of which nobody knows. */
export function resultOfAnswer(request: ExportRequest, answer: Exclude<GraphAnswer, { kind: 'ok' }>): ExportResult {
  switch (answer.kind) {
    case 'refused':
      return failure(request, errorOfRefusal(answer, request.anchor?.slice(request.anchor.indexOf('_') + 1)));
    case 'lost':
      return { id: request.id, outcome: 'unknown', detail: answer.detail };
    case 'unreachable':
      return failure(request, {
        code: 'cd-connection-error',
        detail: `Microsoft Graph cannot be reached: ${answer.detail}`,
        retry: 'backoff',
      });
  }
}
