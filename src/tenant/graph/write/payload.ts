import { RequestError } from '../../errors.ts';
import { type ExtensionDefinition, isExtensionName } from '../../extensions.ts';
import type { Kind } from '../../store/properties.ts';
import { badRequest, type GraphRequest } from '../request.ts';
import { findProperty, type PropertySpec, typeNames } from '../schema.ts';

/** What a request wants to write: properties by their documented names, and references of `…@odata.bind` members. */
export interface Payload {
  readonly properties: ReadonlyMap<string, unknown>;
  /** By lower-case relation. */
  readonly binds: ReadonlyMap<string, readonly string[]>;
}

const resource = (kind: Kind): string => {
  const name = typeNames[kind];
  return name[0]?.toUpperCase() + name.slice(1);
};
const invalidValue = (kind: Kind, name: string) =>
  badRequest(`Invalid value specified for property '${name}' of resource '${resource(kind)}'.`);

/** The body of a request as an object. */
export function bodyObject(request: GraphRequest): Record<string, unknown> {
  const body = request.body();
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new RequestError(400, 'Request_BadRequest', 'A JSON object is expected as the body of this request.');
}

/** The payload of a create or an update, checked against the types of the class. Throws 400 for what does not fit. */
export function readPayload(request: GraphRequest, kind: Kind, purpose: 'create' | 'update'): Payload {
  const properties = new Map<string, unknown>();
  const binds = new Map<string, readonly string[]>();
  for (const [asked, value] of Object.entries(bodyObject(request))) {
    if (asked.startsWith('@odata.')) continue;
    const bind = /^(\w+)@odata\.bind$/i.exec(asked)?.[1];
    if (bind !== undefined) {
      binds.set(bind.toLowerCase(), readBind(asked, value));
      continue;
    }
    const found = findProperty(kind, asked, request.extensions);
    if (!found && isExtensionName(asked)) {
      throw badRequest(`The following extension properties are not available: ${asked.slice(0, 200)}.`);
    }
    if (!found || (found.spec.beta && request.version !== 'beta')) {
      throw badRequest(`Invalid property '${asked.slice(0, 100)}'.`);
    }
    if (found.spec.missing) {
      throw new RequestError(
        501,
        'NotImplemented',
        `The local tenant does not implement the property '${found.name}'.`,
      );
    }
    if (found.spec.write === 'no' || (found.spec.write === 'create' && purpose === 'update')) {
      throw badRequest(`Property '${found.name}' is read-only and cannot be set.`);
    }
    const checked = found.extension
      ? checkExtension(kind, found.extension, value)
      : checkValue(kind, found.name, found.spec, value);
    properties.set(found.name, checked);
  }
  return { properties, binds };
}

function readBind(name: string, value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.every((v) => typeof v === 'string')) return list;
  throw badRequest(`Invalid value specified for '${name.slice(0, 100)}': it must be a URL or a list of URLs.`);
}

/** Longest texts (entra-directory s.4.2); what is not here may have 1024 characters. */
const lengths: Readonly<Record<string, number>> = {
  displayName: 256,
  givenName: 64,
  surname: 64,
  mailNickname: 64,
  mail: 256,
  jobTitle: 128,
  department: 64,
  companyName: 64,
  city: 128,
  state: 128,
  country: 128,
  postalCode: 40,
  streetAddress: 1024,
  mobilePhone: 64,
  officeLocation: 128,
  faxNumber: 64,
  employeeId: 16,
  userPrincipalName: 113,
  membershipRule: 3072,
  otherMails: 250,
};
/** May not be cleared (entra-directory s.5.1). */
const notNullable = new Set([
  'displayName',
  'userPrincipalName',
  'accountEnabled',
  'usageLocation',
  'mailNickname',
  'mailEnabled',
  'securityEnabled',
  'deviceId',
  'userType',
]);

function checkValue(kind: Kind, name: string, spec: PropertySpec, value: unknown): unknown {
  if (value === null) {
    if (notNullable.has(name)) throw invalidValue(kind, name);
    if (spec.type === 'texts' || spec.type === 'complexes') throw invalidValue(kind, name);
    return null;
  }
  switch (spec.type) {
    case 'text':
    case 'guid':
    case 'binary':
      return checkText(kind, name, value);
    case 'texts': {
      if (!Array.isArray(value)) throw invalidValue(kind, name);
      const most = name === 'businessPhones' ? 1 : 250;
      if (value.length > most) throw invalidValue(kind, name);
      return value.map((item) => checkText(kind, name, item));
    }
    case 'boolean':
      if (typeof value !== 'boolean') throw invalidValue(kind, name);
      return value;
    case 'integer':
      if (!Number.isSafeInteger(value)) throw invalidValue(kind, name);
      return value;
    case 'time': {
      const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(at)) throw invalidValue(kind, name);
      return `${new Date(at).toISOString().slice(0, 19)}Z`;
    }
    case 'complex':
      if (typeof value !== 'object' || Array.isArray(value)) throw invalidValue(kind, name);
      return value;
    case 'complexes':
      if (!Array.isArray(value) || !value.every((v) => typeof v === 'object' && v !== null))
        throw invalidValue(kind, name);
      return value;
  }
}

/** A value of a directory extension; one with several values takes a list of them, cleared by an empty one or null. */
function checkExtension(kind: Kind, definition: ExtensionDefinition, value: unknown): unknown {
  if (value === null) return null;
  const wrong = () => invalidValue(kind, definition.name);
  if (!definition.isMultiValued) return extensionValue(definition.dataType, value, wrong);
  if (!Array.isArray(value) || value.length > 250) throw wrong();
  return value.map((one) => extensionValue(definition.dataType, one, wrong));
}

/** Longest text and largest binary value of a directory extension (Graph: extensionProperty). */
const extensionLength = 256;

function extensionValue(type: ExtensionDefinition['dataType'], value: unknown, wrong: () => Error): unknown {
  switch (type) {
    case 'String':
      if (typeof value !== 'string' || value.length > extensionLength) throw wrong();
      return value;
    case 'Boolean':
      if (typeof value !== 'boolean') throw wrong();
      return value;
    case 'Integer':
      if (!Number.isInteger(value) || (value as number) !== ((value as number) | 0)) throw wrong();
      return value;
    case 'LargeInteger':
      if (!Number.isSafeInteger(value)) throw wrong();
      return value;
    case 'DateTime': {
      const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(at)) throw wrong();
      return `${new Date(at).toISOString().slice(0, 19)}Z`;
    }
    case 'Binary': {
      if (typeof value !== 'string' || value.length > 2 * extensionLength) throw wrong();
      const bytes = Buffer.from(value, 'base64');
      if (bytes.toString('base64') !== value || bytes.length > extensionLength) throw wrong();
      return value;
    }
  }
}

function checkText(kind: Kind, name: string, value: unknown): string {
  if (typeof value !== 'string' || value.length > (lengths[name] ?? 1024)) throw invalidValue(kind, name);
  if (value === '' && notNullable.has(name)) throw invalidValue(kind, name);
  return value;
}

/** Throws 400 if one of the properties is missing. */
export function requireProperties(kind: Kind, payload: Payload, names: readonly string[]): void {
  const missing = names.filter((name) => !payload.properties.has(name));
  if (missing.length === 0) return;
  throw badRequest(`A value is required for property '${missing[0]}' of resource '${resource(kind)}'.`);
}

/** The 400 of a value that another object has (entra-directory s.5.10). */
export function duplicate(property: string): RequestError {
  const message = `Another object with the same value for property ${property} already exists.`;
  return new RequestError(400, 'Request_BadRequest', message, {
    details: [{ code: 'ObjectConflict', message, target: property }],
  });
}
