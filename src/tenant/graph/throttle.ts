import type { ThrottlingProfile } from '../company.ts';
import type { TenantContext } from '../context.ts';
import { RequestError } from '../errors.ts';
import type { GraphRequest } from './request.ts';

/** Resource units an app may use of a tenant in 10 s, by the tenant's size (entra-directory s.5.12). */
const unitsPer10s: Readonly<Record<Exclude<ThrottlingProfile, 'off'>, number>> = { S: 3500, M: 5000, L: 8000 };
const rules = { appWrites: { limit: 3000, seconds: 150 }, tenantWrites: { limit: 18_000, seconds: 300 } } as const;

/** Tokens that fill up evenly to the limit; taking more than there are fails. */
interface Bucket {
  tokens: number;
  at: number;
}

export interface Throttle {
  /** Headers about the use of the limits. Throws a RequestError 429 when one is exceeded. */
  take(request: GraphRequest): Readonly<Record<string, string>>;
}

/** The rate limits of the profile that the tenant's switch chooses; off answers nothing but the units. */
export function createThrottle(context: TenantContext): Throttle {
  const buckets = new Map<string, Bucket>();
  const level = (key: string, limit: number, seconds: number): Bucket => {
    const now = context.clock.now();
    const bucket = buckets.get(key) ?? { tokens: limit, at: now };
    bucket.tokens = Math.min(limit, bucket.tokens + ((now - bucket.at) / 1000 / seconds) * limit);
    bucket.at = now;
    buckets.set(key, bucket);
    return bucket;
  };
  return {
    take(request) {
      const units = unitsOf(request);
      const profile = context.company.state.switches.throttling;
      const headers: Record<string, string> = { 'x-ms-resource-unit': String(units) };
      if (profile === 'off') return headers;
      const { appId } = request.principal;
      const tenantId = context.company.state.tenantId;
      const isWrite = request.method !== 'GET' && !isQuestion(request);
      const checks = [
        {
          key: `units ${appId}`,
          limit: unitsPer10s[profile],
          seconds: 10,
          cost: units,
          scope: `Tenant_Application/ReadWrite/${appId}/${tenantId}`,
          reason: 'ResourceUnitLimitExceeded',
        },
        ...(isWrite
          ? [
              {
                key: `writes ${appId}`,
                ...rules.appWrites,
                cost: 1,
                scope: `Tenant_Application/Write/${appId}/${tenantId}`,
                reason: 'WriteLimitExceeded',
              },
              {
                key: 'writes',
                ...rules.tenantWrites,
                cost: 1,
                scope: `Tenant/Write/${appId}/${tenantId}`,
                reason: 'WriteLimitExceeded',
              },
            ]
          : []),
      ].map((check) => ({ ...check, bucket: level(check.key, check.limit, check.seconds) }));
      const full = checks.find(({ bucket, cost }) => bucket.tokens < cost);
      if (full) throw tooManyRequests(full, full.bucket, headers);
      for (const { bucket, cost } of checks) bucket.tokens -= cost;
      const used = Math.max(...checks.map(({ bucket, limit }) => 1 - bucket.tokens / limit));
      if (used > 0.8) headers['x-ms-throttle-limit-percentage'] = used.toFixed(2);
      return headers;
    },
  };
}

function tooManyRequests(
  check: {
    readonly limit: number;
    readonly seconds: number;
    readonly cost: number;
    readonly scope: string;
    readonly reason: string;
  },
  bucket: Bucket,
  headers: Readonly<Record<string, string>>,
): RequestError {
  const wait = Math.max(1, Math.ceil(((check.cost - bucket.tokens) * check.seconds) / check.limit));
  return new RequestError(429, 'TooManyRequests', 'Too many requests. Please try again later.', {
    headers: {
      ...headers,
      'retry-after': String(wait),
      'x-ms-throttle-scope': check.scope,
      'x-ms-throttle-information': check.reason,
    },
  });
}

/** Actions that are posted and change nothing: they count as reads (entra-directory s.5.12). */
const questions: Readonly<Record<string, number>> = {
  getbyids: 3,
  checkmembergroups: 4,
  checkmemberobjects: 4,
  getmembergroups: 2,
  getmemberobjects: 2,
  getuserownedobjects: 1,
  getavailableextensionproperties: 1,
};
const actionOf = (request: GraphRequest): string =>
  (request.segments.at(-1)?.name ?? '').replace(/^microsoft\.graph\./, '');
const isQuestion = (request: GraphRequest): boolean =>
  request.method === 'POST' && Object.hasOwn(questions, actionOf(request));

/** Resource units of a request: a base cost, less for `$select` and small pages, more for `$expand`; at least 1. */
export function unitsOf(request: GraphRequest): number {
  if (isQuestion(request)) return questions[actionOf(request)] ?? 1;
  if (request.method !== 'GET') return 1;
  const small = Number(request.query.get('$top') ?? 100) < 20 ? 1 : 0;
  const cost =
    baseCost(request) - (request.query.has('$select') ? 1 : 0) + (request.query.has('$expand') ? 1 : 0) - small;
  return Math.max(1, cost);
}

function baseCost(request: GraphRequest): number {
  const [first, second, third] = request.segments.map((s) => s.name);
  if (third === 'transitivemembers' || third === 'transitivememberof') return 5;
  if (first === 'groups' && third === 'members') return 3;
  if (third === 'memberof') return 2;
  if (third === 'domainnamereferences') return 4;
  if (first === 'subscribedskus') return 3;
  if (first === 'applications') return 2;
  return first === 'users' && second === undefined ? 2 : 1;
}
