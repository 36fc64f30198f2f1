import { isCountryCode } from '../../../entra/country-codes.ts';
import { defaultLimits } from '../../../entra/limits.ts';
import { checkImmutableIdInGraph } from '../../../entra/source-anchor.ts';
import { upnConflict } from '../../../entra/uniqueness.ts';
import { checkUserPrincipalName, needsImmutableId } from '../../../entra/user-principal-name.ts';
import { checkAlias } from '../../../entra/validation.ts';
import { storeIndex } from '../../cloud-object.ts';
import { RequestError } from '../../errors.ts';
import { deleteObject } from '../../recycle-bin.ts';
import { ruleSettings } from '../../rules.ts';
import type { StoredObject } from '../../store/objects.ts';
import { permissions, protectAdministrator, requireWrite } from '../permissions.ts';
import type { GraphPlane } from '../plane.ts';
import { badRequest, type GraphRequest } from '../request.ts';
import { refuseExtensionTooMany, refuseOverQuota } from './limits.ts';
import { addressesWithMail } from './mail.ts';
import { readPasswordProfile } from './passwords.ts';
import { duplicate, type Payload, readPayload, requireProperties } from './payload.ts';
import { resolveBind } from './references.ts';
import { refuseSynchronized } from './synced.ts';

/** POST /users (entra-directory s.5.2). */
export function createUser(plane: GraphPlane, request: GraphRequest): StoredObject {
  requireWrite(plane, request, permissions.write('user'));
  const { context } = plane;
  const payload = readPayload(request, 'user', 'create');
  requireProperties('user', payload, ['accountEnabled', 'displayName', 'mailNickname', 'userPrincipalName']);
  const userPrincipalName = payload.properties.get('userPrincipalName') as string;
  const federated = needsImmutableId(userPrincipalName, ruleSettings(context));
  const anchor = payload.properties.get('onPremisesImmutableId') as string | null | undefined;
  if (federated && !anchor)
    throw badRequest("A value is required for property 'onPremisesImmutableId' of resource 'User'.");
  if (!federated) requireProperties('user', payload, ['passwordProfile']);
  const profile = payload.properties.get('passwordProfile');
  const credential = profile === undefined ? undefined : readPasswordProfile(context, profile, userPrincipalName);
  if (!federated && !credential)
    throw badRequest("A value is required for property 'passwordProfile' of resource 'User'.");
  checkUserValues(plane, payload, undefined);
  const managers = readBinds(plane, payload);
  return context.write(() => {
    refuseOverQuota(context);
    const body = {
      createdDateTime: context.clock.iso(),
      userType: 'Member',
      ...storedProperties(plane, payload, undefined),
    };
    refuseExtensionTooMany(body);
    const user = context.objects.insert({
      id: context.random.guid(),
      kind: 'user',
      body: credential ? { ...body, lastPasswordChangeDateTime: credential.changedAt } : body,
      internal: credential ? { credential } : {},
      ...(anchor ? { anchor } : {}),
    });
    for (const manager of managers) context.links.add(user.seq, 'manager', manager);
    return user;
  });
}

function readBinds(plane: GraphPlane, payload: Payload): StoredObject[] {
  const managers: StoredObject[] = [];
  for (const [name, urls] of payload.binds) {
    if (name !== 'manager' || urls.length !== 1)
      throw badRequest(`Invalid property '${name.slice(0, 64)}@odata.bind'.`);
    managers.push(resolveBind(plane, urls[0] as string));
  }
  return managers;
}

/** PATCH /users/{id}. */
export function updateUser(plane: GraphPlane, request: GraphRequest, user: StoredObject): void {
  const { context } = plane;
  const payload = readPayload(request, 'user', 'update');
  requireUpdate(plane, request, payload, user);
  if (payload.binds.size > 0) throw badRequest('Relations of a user are changed through their own resources.');
  refuseSynchronized(user, payload.properties.keys());
  checkUserValues(plane, payload, user);
  const name = String(payload.properties.get('userPrincipalName') ?? user.body.userPrincipalName);
  const profile = payload.properties.get('passwordProfile');
  checkFederated(plane, payload, user, name);
  const fresh = profile === undefined ? undefined : readPasswordProfile(context, profile, name);
  context.write(() => {
    const body = { ...user.body, ...storedProperties(plane, payload, user) };
    refuseExtensionTooMany(body);
    const anchor = payload.properties.get('onPremisesImmutableId') as string | null | undefined;
    const clearsIdentifier = payload.properties.has('onPremisesObjectIdentifier');
    context.objects.update(user, {
      body: fresh ? { ...body, lastPasswordChangeDateTime: fresh.changedAt } : body,
      internal: {
        ...user.internal,
        ...credentialPatch(user, profile, fresh),
        ...(clearsIdentifier ? { objectIdentifier: undefined } : {}),
      },
      ...(anchor === undefined ? {} : { anchor }),
    });
  });
}

/** A user of a federated domain has a source anchor and no password here (entra-directory s.1.6 [M], s.5.2). */
function checkFederated(plane: GraphPlane, payload: Payload, user: StoredObject, name: string): void {
  if (!needsImmutableId(name, ruleSettings(plane.context))) return;
  const { properties } = payload;
  if (properties.has('passwordProfile')) {
    throw badRequest('The password of a user in a federated domain cannot be set: the federation partner holds it.');
  }
  const anchor = properties.has('onPremisesImmutableId') ? properties.get('onPremisesImmutableId') : user.anchor;
  if (!anchor && (properties.has('userPrincipalName') || properties.has('onPremisesImmutableId'))) {
    throw badRequest("A value is required for property 'onPremisesImmutableId' of resource 'User'.");
  }
}

/** A profile without a password only sets the flag. */
function credentialPatch(user: StoredObject, profile: unknown, fresh: object | undefined): object {
  if (fresh) return { credential: fresh };
  const flag = (profile as { forceChangePasswordNextSignIn?: unknown } | undefined)?.forceChangePasswordNextSignIn;
  const before = user.internal.credential as object | undefined;
  return before && typeof flag === 'boolean' ? { credential: { ...before, forceChange: flag } } : {};
}

const elevated = new Set([
  'accountEnabled',
  'passwordProfile',
  'userPrincipalName',
  'businessPhones',
  'mobilePhone',
  'otherMails',
  'onPremisesImmutableId',
]);

function requireUpdate(plane: GraphPlane, request: GraphRequest, payload: Payload, user: StoredObject): void {
  const names = [...payload.properties.keys()];
  if (names.length === 1 && names[0] === 'onPremisesObjectIdentifier') {
    requireWrite(plane, request, permissions.clearObjectIdentifier);
  } else {
    const others = names.filter((name) => name !== 'passwordProfile');
    if (names.includes('passwordProfile')) requireWrite(plane, request, permissions.password);
    const onlySwitch = others.length === 1 && others[0] === 'accountEnabled';
    if (others.length > 0)
      requireWrite(plane, request, onlySwitch ? permissions.enableUser : permissions.write('user'));
  }
  if (names.some((name) => elevated.has(name))) protectAdministrator(plane, request, user.id);
}

function checkUserValues(plane: GraphPlane, payload: Payload, user: StoredObject | undefined): void {
  const { properties } = payload;
  const name = properties.get('userPrincipalName');
  if (typeof name === 'string') checkName(plane, name, user);
  const alias = properties.get('mailNickname');
  if (typeof alias === 'string' && checkAlias(alias) !== undefined) throw invalid('mailNickname');
  const location = properties.get('usageLocation');
  if (typeof location === 'string' && !isCountryCode(location)) throw invalid('usageLocation');
  const type = properties.get('userType');
  if (type !== undefined && type !== 'Member' && type !== 'Guest') throw invalid('userType');
  const language = properties.get('preferredLanguage');
  if (typeof language === 'string' && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/i.test(language))
    throw invalid('preferredLanguage');
  const identifier = properties.get('onPremisesObjectIdentifier');
  if (identifier !== undefined && identifier !== null)
    throw badRequest('onPremisesObjectIdentifier can only be set to null.');
  checkAnchor(plane, properties.get('onPremisesImmutableId'), user);
}
const invalid = (name: string) => badRequest(`Invalid value specified for property '${name}' of resource 'User'.`);

function checkName(plane: GraphPlane, name: string, user: StoredObject | undefined): void {
  const { context } = plane;
  if (checkUserPrincipalName(name, defaultLimits)) throw invalid('userPrincipalName');
  if (!context.company.isVerified(name.slice(name.indexOf('@') + 1))) {
    throw badRequest(
      'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
    );
  }
  if (upnConflict(name, user?.id, storeIndex(context), ruleSettings(context))) throw duplicate('userPrincipalName');
}

function checkAnchor(plane: GraphPlane, anchor: unknown, user: StoredObject | undefined): void {
  if (typeof anchor !== 'string') return;
  if (checkImmutableIdInGraph(anchor) !== undefined) throw invalid('onPremisesImmutableId');
  const holders = plane.context.objects.byAnchor(anchor, 'user').filter((o) => o.id !== user?.id);
  if (holders.length > 0) throw duplicate('onPremisesImmutableId');
}

/** What is kept in the body: everything but what has a place of its own. */
function storedProperties(
  plane: GraphPlane,
  payload: Payload,
  user: StoredObject | undefined,
): Record<string, unknown> {
  const own = new Set(['passwordProfile', 'onPremisesImmutableId', 'onPremisesObjectIdentifier']);
  const stored = Object.fromEntries([...payload.properties].filter(([name]) => !own.has(name)));
  const extensions = stored.onPremisesExtensionAttributes;
  if (extensions !== undefined) {
    stored.onPremisesExtensionAttributes = mergeExtensions(user?.body.onPremisesExtensionAttributes, extensions);
  }
  if ('mail' in stored) {
    const before = (user?.body.proxyAddresses ?? []) as readonly string[];
    stored.proxyAddresses = addressesWithMail(plane.context, before, stored.mail as string | null, user?.id);
  }
  return stored;
}

function mergeExtensions(before: unknown, patch: unknown): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...(before as object | undefined) };
  for (const [name, value] of Object.entries((patch ?? {}) as object)) {
    const known = /^extensionAttribute([1-9]|1[0-5])$/i.exec(name);
    if (!known) throw badRequest(`Invalid property '${name.slice(0, 64)}'.`);
    if (value !== null && (typeof value !== 'string' || value.length > 1024))
      throw invalid('onPremisesExtensionAttributes');
    merged[`extensionAttribute${known[1]}`] = value;
  }
  return merged;
}

/** DELETE /users/{id}: into the recycle bin. */
export function deleteUser(plane: GraphPlane, request: GraphRequest, user: StoredObject): void {
  requireWrite(plane, request, permissions.deleteUser);
  protectAdministrator(plane, request, user.id);
  if (request.principal.objectId === user.id) {
    throw new RequestError(400, 'Request_BadRequest', 'You cannot delete yourself.');
  }
  plane.context.write(() => deleteObject(plane.context, user));
}
