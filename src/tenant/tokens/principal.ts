import { jwtVerify } from 'jose';
import type { TenantContext } from '../context.ts';
import type { SigningKeys } from './keys.ts';

/** Who makes a request, from its access token. */
export interface Principal {
  readonly appId: string;
  /** Service principal, or the person in a delegated token. */
  readonly objectId: string;
  /** Application permissions (`roles`) of an app-only token, or scopes of a delegated one. */
  readonly permissions: ReadonlySet<string>;
  readonly kind: 'app' | 'user';
}
export type TokenVerdict =
  | { readonly kind: 'ok'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly message: string };

const remembered = 1000;

/**
 * A function that says who the bearer of an Authorization header is. Verified tokens are remembered until they expire,
 * because the signature check costs more than most requests.
 */
export function tokenVerifier(context: TenantContext, keys: () => Promise<SigningKeys>) {
  const known = new Map<string, { readonly principal: Principal; readonly expires: number }>();
  return async (header: string | null | undefined): Promise<TokenVerdict> => {
    const token = /^Bearer ([\w.~+/=-]{1,16384})$/i.exec(header ?? '')?.[1];
    if (!token) return refused('Access token is empty.');
    const now = context.clock.now();
    const hit = known.get(token);
    if (hit) {
      if (hit.expires > now) return { kind: 'ok', principal: hit.principal };
      known.delete(token);
    }
    const verdict = await verify(token, now, await keys(), context);
    if (verdict.kind === 'refused') return verdict;
    if (known.size >= remembered) known.delete(known.keys().next().value as string);
    known.set(token, { principal: verdict.principal, expires: verdict.expires });
    return { kind: 'ok', principal: verdict.principal };
  };
}

async function verify(token: string, now: number, keys: SigningKeys, context: TenantContext) {
  const tenant = context.company.state.tenantId;
  try {
    const { payload } = await jwtVerify(token, keys.publicKey, {
      algorithms: ['RS256'],
      issuer: `https://sts.windows.net/${tenant}/`,
      currentDate: new Date(now),
    });
    if (isForAnApp(payload.aud)) return refused('Access token validation failure. Invalid audience.');
    const list = (claim: unknown) => (Array.isArray(claim) ? claim.filter((v) => typeof v === 'string') : []);
    const scopes = typeof payload.scp === 'string' ? payload.scp.split(' ') : [];
    const principal: Principal = {
      appId: String(payload.appid),
      objectId: String(payload.oid),
      permissions: new Set([...list(payload.roles), ...scopes]),
      kind: payload.idtyp === 'app' ? 'app' : 'user',
    };
    return { kind: 'ok' as const, principal, expires: (payload.exp ?? 0) * 1000 };
  } catch (error) {
    return refused(describe(error));
  }
}

/** Whether the token was made for an app of the tenant, not for Graph. Other audiences are checked when it is made. */
const isForAnApp = (audience: string | string[] | undefined): boolean =>
  typeof audience !== 'string' ||
  audience.startsWith('api://') ||
  (/^[0-9a-f-]{36}$/i.test(audience) && audience !== '00000003-0000-0000-c000-000000000000');

const refused = (message: string) => ({ kind: 'refused' as const, message });

function describe(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === 'ERR_JWT_EXPIRED') return 'Lifetime validation failed, the token is expired.';
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return 'Access token validation failure. Invalid signature.';
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') return 'Access token validation failure. Invalid audience or issuer.';
  if (code?.startsWith('ERR_J')) return 'CompactToken parsing failed.';
  throw error;
}
