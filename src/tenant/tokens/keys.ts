import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { TenantContext } from '../context.ts';

/** The key pair that signs the tenant's tokens, made when it is first needed and kept with the tenant. */
export interface SigningKeys {
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** What the keys endpoint serves. */
  readonly publicJwk: JWK;
}

export function signingKeys(context: TenantContext): () => Promise<SigningKeys> {
  let keys: Promise<SigningKeys> | undefined;
  return () => {
    keys ??= load(context);
    return keys;
  };
}

async function load(context: TenantContext): Promise<SigningKeys> {
  let stored = context.settings.get('signingKey') as JWK | undefined;
  if (!stored) {
    const pair = await generateKeyPair('RS256', { extractable: true });
    stored = await exportJWK(pair.privateKey);
    context.settings.set('signingKey', stored);
  }
  const { kty, n, e } = stored as { kty: string; n: string; e: string };
  const keyId = await calculateJwkThumbprint({ kty, n, e });
  const publicJwk: JWK = { kty, n, e, kid: keyId, use: 'sig', alg: 'RS256' };
  return {
    keyId,
    publicJwk,
    privateKey: (await importJWK(stored, 'RS256')) as CryptoKey,
    publicKey: (await importJWK(publicJwk, 'RS256')) as CryptoKey,
  };
}
