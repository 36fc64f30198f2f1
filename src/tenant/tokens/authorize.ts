import { appInternal, findApp } from '../apps.ts';
import type { TenantContext } from '../context.ts';
import type { StoredObject } from '../store/objects.ts';
import { clip } from './client.ts';
import type { CodeGrant } from './codes.ts';
import { TokenError } from './errors.ts';
import { scopesOf } from './issue.ts';

export type ResponseMode = 'query' | 'fragment' | 'form_post';
/** A request to the authorization endpoint whose app and redirect URI are known to belong together. */
export interface Asking {
  readonly app: StoredObject;
  readonly redirectUri: string;
  readonly mode: ResponseMode;
  readonly state?: string;
}
/** What such a request asks for. */
export interface Wish {
  readonly scope: string;
  readonly nonce?: string;
  readonly challenge?: CodeGrant['challenge'];
  readonly prompt: ReadonlySet<string>;
  readonly loginHint?: string;
  /** Most seconds since the person last gave a password. */
  readonly maxAge?: number;
}
export type Parameters = ReadonlyMap<string, string>;

const longest = 8192;

/**
 * Who asks and where the answer goes. Throws a TokenError that must be shown here: an address that is not registered
 * is never sent to.
 */
export function readAsking(context: TenantContext, parameters: Parameters): Asking {
  const clientId = demand(parameters, 'client_id');
  const app = findApp(context, clientId);
  if (!app) {
    throw new TokenError(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clip(clientId)}' was not found in the directory '${context.company.state.displayName}'.`,
    );
  }
  const redirectUri = demand(parameters, 'redirect_uri');
  if (!isRegistered(app, redirectUri)) {
    throw new TokenError(
      400,
      'invalid_request',
      50011,
      `The redirect URI '${clip(redirectUri)}' specified in the request does not match the redirect URIs configured for the application '${clientId}'.`,
    );
  }
  const mode = parameters.get('response_mode');
  const state = parameters.get('state');
  return {
    app,
    redirectUri,
    mode: mode === 'fragment' || mode === 'form_post' ? mode : 'query',
    ...(state === undefined ? {} : { state: state.slice(0, longest) }),
  };
}

/** Letter by letter; on a loopback address the port is free, since a program takes the one it gets (RFC 8252 s.7.3). */
export function isRegistered(app: StoredObject, uri: string): boolean {
  const known = appInternal(app).redirectUris ?? [];
  if (known.includes(uri)) return true;
  const portless = withoutLoopbackPort(uri);
  return portless !== undefined && known.some((one) => withoutLoopbackPort(one) === portless);
}

function withoutLoopbackPort(uri: string): string | undefined {
  const match = /^(http:\/\/(?:localhost|127\.0\.0\.1|\[::1\]))(?::\d{1,5})?((?:\/[^#]*)?)$/.exec(uri);
  return match ? `${match[1]}${match[2] || '/'}` : undefined;
}

/** What is asked for. Throws a TokenError that travels back to the app. */
export function readWish(parameters: Parameters): Wish {
  const type = demand(parameters, 'response_type');
  if (type !== 'code') {
    throw new TokenError(
      400,
      'unsupported_response_type',
      700054,
      `response_type '${clip(type)}' is not enabled for the application.`,
    );
  }
  const mode = parameters.get('response_mode');
  if (mode !== undefined && !['query', 'fragment', 'form_post'].includes(mode)) {
    throw invalid(90014, `The value '${clip(mode)}' is not a supported response_mode.`);
  }
  const scope = demand(parameters, 'scope');
  if (scopesOf(scope).length === 0) throw invalid(900144, missing('scope'));
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    throw invalid(900144, "The value of 'max_age' is not a number.");
  const challenge = readChallenge(parameters);
  const nonce = parameters.get('nonce');
  const loginHint = parameters.get('login_hint');
  return {
    scope: scope.slice(0, longest),
    prompt: readPrompt(parameters.get('prompt') ?? ''),
    ...(nonce === undefined ? {} : { nonce: nonce.slice(0, longest) }),
    ...(challenge ? { challenge } : {}),
    ...(loginHint === undefined ? {} : { loginHint: loginHint.slice(0, 320) }),
    ...(maxAge === undefined ? {} : { maxAge: Number(maxAge) }),
  };
}

function readPrompt(text: string): Set<string> {
  const prompt = new Set(text.split(' ').filter((word) => word !== ''));
  const known = ['none', 'login', 'consent', 'select_account'];
  const unknown = [...prompt].find((word) => !known.includes(word));
  if (unknown !== undefined) throw invalid(90023, `The value '${clip(unknown)}' of 'prompt' is not supported.`);
  if (prompt.has('none') && prompt.size > 1)
    throw invalid(90023, "'prompt=none' cannot be combined with other values.");
  return prompt;
}

function readChallenge(parameters: Parameters): CodeGrant['challenge'] {
  const value = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (value === undefined) {
    if (method === undefined) return undefined;
    throw invalid(900144, missing('code_challenge'));
  }
  if (method !== undefined && method !== 'S256' && method !== 'plain') {
    throw invalid(501492, "The value of 'code_challenge_method' must be 'S256' or 'plain'.");
  }
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(value)) {
    throw invalid(501491, 'The size of the code_challenge parameter must be between 43 and 128 characters.');
  }
  // RFC 7636 s.4.3: without a method the challenge is the verifier itself.
  return { method: method ?? 'plain', value };
}

function demand(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value) return value;
  throw invalid(900144, missing(name));
}
const missing = (name: string) => `The request body must contain the following parameter: '${name}'.`;
const invalid = (code: number, message: string) => new TokenError(400, 'invalid_request', code, message);
