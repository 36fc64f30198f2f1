import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { TenantContext } from '../context.ts';

/** Makes and opens texts that only the tenant can read, such as refresh tokens and session cookies. */
export interface Sealer {
  seal(content: object): string;
  /** The content, or undefined if the tenant did not make the text for this purpose. */
  open(text: string): Record<string, unknown> | undefined;
}

/** AES-256-GCM with a key that is kept with the tenant; a text of one purpose does not open as another. */
export function sealer(context: TenantContext, purpose: 'refresh' | 'session'): Sealer {
  let stored = context.settings.get('sealKey') as string | undefined;
  if (stored === undefined) {
    stored = context.random.bytes(32).toString('hex');
    context.settings.set('sealKey', stored);
  }
  const key = Buffer.from(stored, 'hex');
  return {
    seal(content) {
      const nonce = context.random.bytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const text = Buffer.concat([cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url');
    },
    open(text) {
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length < 29) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(purpose));
      decipher.setAuthTag(bytes.subarray(-16));
      try {
        const content = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
        return JSON.parse(content.toString('utf8')) as Record<string, unknown>;
      } catch {
        return undefined; // not made here, or changed on the way
      }
    },
  };
}
