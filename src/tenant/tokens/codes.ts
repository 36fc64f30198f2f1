import type { TenantContext } from '../context.ts';

/** What an authorization code stands for. */
export interface CodeGrant {
  readonly appId: string;
  readonly personId: string;
  /** Compared letter by letter with the one of the token request (RFC 6749 s.4.1.3). */
  readonly redirectUri: string;
  readonly scope: string;
  readonly nonce?: string;
  /** PKCE, RFC 7636. */
  readonly challenge?: { readonly method: 'S256' | 'plain'; readonly value: string };
  /** Session of the browser, for the claim `sid`. */
  readonly sessionId: string;
  /** ms since 1970; in the id token if the app asked for it. */
  readonly signedInAt: number;
  readonly wantsAuthTime: boolean;
}
export type Redemption =
  | { readonly kind: 'ok'; readonly grant: CodeGrant }
  | { readonly kind: 'used' | 'expired' | 'unknown' };

/** Codes of this process: they live for ten minutes and are good once. */
export interface CodeStore {
  issue(grant: CodeGrant): string;
  redeem(code: string): Redemption;
}

const lifetimeMs = 10 * 60_000;
const mostCodes = 10_000;

export function createCodeStore(context: TenantContext): CodeStore {
  const codes = new Map<string, { readonly grant: CodeGrant; readonly expires: number; used: boolean }>();
  return {
    issue(grant) {
      const now = context.clock.now();
      for (const [code, entry] of codes) {
        if (entry.expires > now && codes.size < mostCodes) break;
        codes.delete(code); // the oldest come first
      }
      const code = `0.${context.random.bytes(32).toString('base64url')}`;
      codes.set(code, { grant, expires: now + lifetimeMs, used: false });
      return code;
    },
    redeem(code) {
      const entry = codes.get(code);
      if (!entry) return { kind: 'unknown' };
      if (entry.used) return { kind: 'used' };
      entry.used = true; // also when it is refused: whoever guesses has one try
      return entry.expires > context.clock.now() ? { kind: 'ok', grant: entry.grant } : { kind: 'expired' };
    },
  };
}
