import { tenantLimits } from '../../entra/limits.ts';
import { hasReservedSuffix } from '../../entra/proxy-calculation.ts';
import type { Domain } from '../company.ts';
import { objectColumns } from '../store/objects.ts';
import { addressProperty, propertyNumber } from '../store/properties.ts';
import { recalculateEverybody } from '../sync/recalculate.ts';
import { answerFederation } from './federation.ts';
import { sql } from './filter/sql.ts';
import { releaseDomain } from './force-delete.ts';
import { listObjects } from './list.ts';
import { permissions, requireAny, requireWrite } from './permissions.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';
import type { Source } from './source.ts';
import { bodyObject, duplicate } from './write/payload.ts';

const describe = (domain: Domain) => ({
  id: domain.name,
  authenticationType: domain.authentication,
  availabilityStatus: null,
  isAdminManaged: true,
  isDefault: domain.default === true,
  isInitial: domain.initial === true,
  isRoot: true,
  isVerified: domain.verified,
  manufacturer: null,
  model: null,
  // Passwords never expire in new tenants (entra-directory s.5.6).
  passwordNotificationWindowInDays: domain.passwordNotificationWindowInDays ?? 14,
  passwordValidityPeriodInDays: domain.passwordValidityPeriodInDays ?? 2147483647,
  state: null,
  supportedServices: domain.verified ? ['Email', 'OfficeCommunicationsOnline'] : [],
});

/** /domains (entra-directory s.5.6). */
export function answerDomains(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const { company } = plane.context;
  const context = `${request.base}/$metadata#domains`;
  const [id, step, ...more] = rest;
  if (!id) {
    if (request.method === 'POST') return addDomain(plane, request, context);
    requireAny(request, permissions.readDomain);
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    return { status: 200, body: { '@odata.context': context, value: company.state.domains.map(describe) } };
  }
  const domain = company.domain(id.text);
  if (!domain) throw notFound(id.text);
  if (step?.name === 'federationconfiguration') {
    return answerFederation(plane, request, domain, more, (changed) => replaceDomain(plane, changed));
  }
  if (more[0]) throw segmentNotFound(more[0].text);
  if (step) return answerStep(plane, request, context, domain, step);
  switch (request.method) {
    case 'GET':
      requireAny(request, permissions.readDomain);
      return { status: 200, body: { '@odata.context': `${context}/$entity`, ...describe(domain) } };
    case 'PATCH':
      return updateDomain(plane, request, domain);
    case 'DELETE':
      return removeDomain(plane, request, domain);
    default:
      throw methodNotAllowed(request.method);
  }
}

function answerStep(
  plane: GraphPlane,
  request: GraphRequest,
  context: string,
  domain: Domain,
  step: Segment,
): GraphAnswer {
  switch (step.name.replace('microsoft.graph.', '')) {
    case 'verificationdnsrecords': {
      requireAny(request, permissions.readDomain);
      if (request.method !== 'GET') throw methodNotAllowed(request.method);
      const record = { label: domain.name, ttl: 3600, isOptional: false, supportedService: 'Email' };
      const text = verificationText(domain);
      const type = '#microsoft.graph.domainDns';
      const value = [
        { '@odata.type': `${type}TxtRecord`, id: `${domain.name}#txt`, recordType: 'Txt', ...record, text },
        {
          '@odata.type': `${type}MxRecord`,
          id: `${domain.name}#mx`,
          recordType: 'Mx',
          ...record,
          mailExchange: `${text.slice(3)}.msv1.invalid`,
          preference: 32767,
        },
      ];
      return { status: 200, body: { '@odata.context': `${context}('${domain.name}')/verificationDnsRecords`, value } };
    }
    case 'verify':
      return verify(plane, request, context, domain);
    case 'domainnamereferences': {
      requireAny(request, permissions.readDomain);
      if (request.method !== 'GET') throw methodNotAllowed(request.method);
      const path = `domains/${domain.name}/domainNameReferences`;
      return listObjects(plane, request, namedIn(domain), { path, context: 'directoryObjects', typed: true });
    }
    case 'forcedelete':
      return forceDelete(plane, request, domain);
    case 'promote':
    case 'serviceconfigurationrecords':
    case 'rootdomain':
      throw notImplemented(`/domains/{id}/${step.text}`);
    default:
      throw segmentNotFound(step.text);
  }
}

/** Eight digits that follow from the name. */
function verificationText(domain: Domain): string {
  let hash = 7;
  for (const char of domain.name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 100_000_000;
  return `MS=ms${String(hash).padStart(8, '0')}`;
}

/** Suffixes that exist inside of networks only (entra-directory s.4.1; RFC 6762 appendix G). */
const localSuffix = /\.(local|localdomain|localhost|internal|intranet|lan|home|corp|private|invalid)$/;

/** No DNS is asked: in a local tenant whoever may write domains says which are verified. */
function verify(plane: GraphPlane, request: GraphRequest, context: string, domain: Domain): GraphAnswer {
  requireWrite(plane, request, permissions.writeDomain);
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  if (localSuffix.test(domain.name)) {
    throw badRequest(`The domain ${domain.name} cannot be verified: nobody can own a name in this local suffix.`);
  }
  // A verified domain lives in exactly one tenant (entra-directory s.2.1).
  if (plane.context.company.state.switches.domainsOfOtherTenants?.includes(domain.name)) {
    throw badRequest(`The domain ${domain.name} cannot be verified: another tenant has it. Remove it there first.`);
  }
  const verified = replaceDomain(plane, { ...domain, verified: true });
  recalculateEverybody(plane.context);
  return { status: 200, body: { '@odata.context': `${context}/$entity`, ...describe(verified) } };
}

function replaceDomain(plane: GraphPlane, domain: Domain): Domain {
  const { company } = plane.context;
  const domains = company.state.domains.map((d) => {
    if (d.name === domain.name) return domain;
    return domain.default && d.default ? { ...d, default: false } : d;
  });
  plane.context.write(() => company.update({ domains }));
  return domain;
}

function addDomain(plane: GraphPlane, request: GraphRequest, context: string): GraphAnswer {
  requireWrite(plane, request, permissions.writeDomain);
  const { id } = bodyObject(request);
  const { company } = plane.context;
  const isName = typeof id === 'string' && id.length <= 253 && /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/i.test(id);
  if (!isName) throw badRequest("Invalid value specified for property 'id' of resource 'Domain'.");
  if (company.domain(id)) throw duplicate('name');
  if (hasReservedSuffix(id))
    throw badRequest(`The domain ${id} cannot be added: names in this suffix belong to tenants.`);
  if (company.state.domains.length >= tenantLimits.managedDomains) {
    throw badRequest(`The number of domains, ${tenantLimits.managedDomains}, is at its limit.`);
  }
  const domain: Domain = { name: id.toLowerCase(), verified: false, authentication: 'Managed' };
  plane.context.write(() => company.update({ domains: [...company.state.domains, domain] }));
  const headers = { location: `${request.base}/domains/${domain.name}` };
  return { status: 201, headers, body: { '@odata.context': `${context}/$entity`, ...describe(domain) } };
}

function updateDomain(plane: GraphPlane, request: GraphRequest, domain: Domain): GraphAnswer {
  requireWrite(plane, request, permissions.writeDomain);
  const { isDefault, authenticationType, passwordValidityPeriodInDays, passwordNotificationWindowInDays, ...rest } =
    bodyObject(request);
  const days = Object.entries({ passwordValidityPeriodInDays, passwordNotificationWindowInDays });
  for (const [name, value] of days) {
    if (value !== undefined && !(Number.isSafeInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31)) {
      throw badRequest(`Invalid value specified for property '${name}' of resource 'Domain'.`);
    }
  }
  const other = Object.keys(rest).find((name) => !name.startsWith('@odata.'));
  if (other !== undefined) throw notImplemented(`the property '${other}' of domains`);
  if (isDefault !== undefined && isDefault !== true) throw badRequest("Property 'isDefault' can only be set to true.");
  if (isDefault === true && !domain.verified) throw badRequest('A domain that is not verified cannot be the default.');
  const authentication = authenticationType ?? domain.authentication;
  if (authentication !== 'Managed' && authentication !== 'Federated') {
    throw badRequest("Invalid value specified for property 'authenticationType' of resource 'Domain'.");
  }
  const passwords = Object.fromEntries(days.filter(([, value]) => value !== undefined));
  replaceDomain(plane, { ...domain, ...passwords, authentication, ...(isDefault === true ? { default: true } : {}) });
  return { status: 204 };
}

function removeDomain(plane: GraphPlane, request: GraphRequest, domain: Domain): GraphAnswer {
  requireWrite(plane, request, permissions.writeDomain);
  if (domain.initial || domain.default) throw badRequest('The initial and the default domain cannot be deleted.');
  if (references(plane, domain, 1).length > 0) {
    throw badRequest('There are directory objects that refer to the domain; it cannot be deleted.');
  }
  plane.context.write(() => dropDomain(plane, domain));
  return { status: 204 };
}

const nameProperties = [
  addressProperty,
  propertyNumber('user', 'userPrincipalName'),
  ...(['user', 'group', 'contact'] as const).map((kind) => propertyNumber(kind, 'mail')),
].join(', ');

/** POST …/forceDelete: the domain goes, and every name and address in it. */
function forceDelete(plane: GraphPlane, request: GraphRequest, domain: Domain): GraphAnswer {
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  requireWrite(plane, request, permissions.writeDomain);
  const { disableUserAccounts } = request.body() === undefined ? {} : bodyObject(request);
  if (domain.initial || domain.default) throw badRequest('The initial and the default domain cannot be deleted.');
  plane.context.write(() => {
    releaseDomain(plane, domain, references(plane, domain, 1001), disableUserAccounts === true);
    dropDomain(plane, domain);
  });
  return { status: 204 };
}

function dropDomain(plane: GraphPlane, domain: Domain): void {
  const { company } = plane.context;
  company.update({ domains: company.state.domains.filter((d) => d.name !== domain.name) });
  recalculateEverybody(plane.context);
}

/** Live objects with a name or an address in the domain. */
const namedIn = (domain: Domain): Source => ({
  from: sql('object o'),
  where: sql(
    `o.deleted_at IS NULL AND o.kind IN ('user', 'group', 'contact')
     AND o.seq IN (SELECT object FROM lookup WHERE property IN (${nameProperties}) AND substr(value, ?) = ?)`,
    -(domain.name.length + 1),
    `@${domain.name}`,
  ),
  kinds: ['user', 'group', 'contact'],
  indexed: true,
  seq: 'o.seq',
});
const references = (plane: GraphPlane, domain: Domain, limit: number) => {
  const { where } = namedIn(domain);
  const text = `SELECT ${objectColumns} FROM object o WHERE ${where.text} ORDER BY o.seq LIMIT ?`;
  return plane.context.objects.many(text, ...where.values, limit);
};
