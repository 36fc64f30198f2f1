import { tenantLimits } from '../../entra/limits.ts';
import type { Domain } from '../company.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  type Segment,
  segmentNotFound,
} from './request.ts';
import { bodyObject } from './write/payload.ts';

/** Properties of an internalDomainFederation that are text, and which of them take one of a few values (entra-directory s.7). */
const texts = [
  'activeSignInUri',
  'displayName',
  'issuerUri',
  'metadataExchangeUri',
  'nextSigningCertificate',
  'passiveSignInUri',
  'passwordResetUri',
  'signOutUri',
  'signingCertificate',
] as const;
const choices: Readonly<Record<string, readonly string[]>> = {
  federatedIdpMfaBehavior: ['acceptIfMfaDoneByFederatedIdp', 'enforceMfaByFederatedIdp', 'rejectMfaByFederatedIdp'],
  preferredAuthenticationProtocol: ['wsFed', 'saml'],
  promptLoginBehavior: ['translateToFreshPasswordAuthentication', 'nativeSupport', 'disabled'],
};

/** /domains/{id}/federationConfiguration: a collection of at most one; with it the domain is federated. */
export function answerFederation(
  plane: GraphPlane,
  request: GraphRequest,
  domain: Domain,
  rest: readonly Segment[],
  replace: (domain: Domain) => void,
): GraphAnswer {
  const [id, more] = rest;
  if (more) throw segmentNotFound(more.text);
  const context = `${request.base}/$metadata#domains('${domain.name}')/federationConfiguration`;
  const { federation } = domain;
  const entity = (value: object) => ({
    '@odata.context': `${context}/$entity`,
    '@odata.type': '#microsoft.graph.internalDomainFederation',
    ...value,
  });
  if (id && id.name !== federation?.id) throw notFound(id.text);
  if (request.method === 'GET') {
    requireAny(request, permissions.readDomain);
    if (id) return { status: 200, body: entity(federation as object) };
    return { status: 200, body: { '@odata.context': context, value: federation ? [federation] : [] } };
  }
  requireWrite(plane, request, permissions.writeDomain);
  if (request.method === 'POST' && !id) {
    if (federation) throw badRequest('The domain has a federation configuration already.');
    if (!domain.verified || domain.initial) throw badRequest("Only a verified domain of one's own can be federated.");
    const federated = plane.context.company.state.domains.filter((d) => d.authentication === 'Federated').length;
    if (domain.authentication !== 'Federated' && federated >= tenantLimits.federatedDomains) {
      throw badRequest(`The number of federated domains, ${tenantLimits.federatedDomains}, is at its limit.`);
    }
    const made = { id: plane.context.random.guid(), ...readFederation(bodyObject(request)) };
    replace({ ...domain, authentication: 'Federated', federation: made });
    return {
      status: 201,
      headers: { location: `${request.base}/domains/${domain.name}/federationConfiguration/${made.id}` },
      body: entity(made),
    };
  }
  if (request.method === 'PATCH' && federation) {
    replace({ ...domain, federation: { ...federation, ...readFederation(bodyObject(request)) } });
    return { status: 204 };
  }
  if (request.method === 'DELETE' && federation) {
    const { federation: _, ...without } = domain;
    replace({ ...without, authentication: 'Managed' });
    return { status: 204 };
  }
  throw methodNotAllowed(request.method);
}

function readFederation(body: Record<string, unknown>): Record<string, string | boolean | null> {
  const read: Record<string, string | boolean | null> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('@odata.')) continue;
    const isFlag = name === 'isSignedAuthenticationRequestRequired';
    const known = isFlag || Object.hasOwn(choices, name) || (texts as readonly string[]).includes(name);
    if (!known) throw badRequest(`Invalid property '${name.slice(0, 100)}'.`);
    const fits = isFlag
      ? typeof value === 'boolean'
      : typeof value === 'string' && value.length <= 8192 && (choices[name]?.includes(value) ?? true);
    if (!fits && value !== null) {
      throw badRequest(`Invalid value specified for property '${name}' of resource 'InternalDomainFederation'.`);
    }
    read[name] = value as string | boolean | null;
  }
  return read;
}
