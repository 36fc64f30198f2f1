import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TenantContext } from '../context.ts';

/** Makes and opens the opaque tokens of next and delta links: signed, so that only the tenant can have made them. */
export interface PageTokens {
  seal(content: object): string;
  /** The content, or undefined if the tenant did not make the token. */
  open(token: string): Record<string, unknown> | undefined;
}

export function pageTokens(context: TenantContext): PageTokens {
  let key = context.settings.get('pageTokenKey') as string | undefined;
  if (key === undefined) {
    key = context.random.bytes(32).toString('hex');
    context.settings.set('pageTokenKey', key);
  }
  const secret = Buffer.from(key, 'hex');
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest().subarray(0, 12);
  return {
    seal(content) {
      const text = Buffer.from(JSON.stringify(content)).toString('base64url');
      return `${text}.${sign(text).toString('base64url')}`;
    },
    open(token) {
      const at = token.indexOf('.');
      const text = token.slice(0, at);
      const signature = Buffer.from(token.slice(at + 1), 'base64url');
      if (at < 0 || signature.length !== 12 || !timingSafeEqual(signature, sign(text))) return undefined;
      return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Record<string, unknown>;
    },
  };
}
