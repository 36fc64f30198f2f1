/** Sign-in with OpenID Connect: authorization code with PKCE. */
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration as ClientConfiguration,
  calculatePKCECodeChallenge,
  discovery,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { Refusal } from '../refusal.ts';
import { isRole, type Role } from './roles.ts';

export interface OpenIdSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  /** Value of a `roles` or `groups` claim, or a user name, to a role. */
  readonly roles: Readonly<Record<string, string>>;
  readonly redirectUri: string;
}
/** What has to be remembered between leaving for the provider and coming back. */
export interface OpenIdFlow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}
export interface SignedIn {
  readonly name: string;
  readonly roles: readonly Role[];
}

export class OpenIdConnect {
  readonly #settings: OpenIdSettings;
  #client: Promise<ClientConfiguration> | undefined;

  constructor(settings: OpenIdSettings) {
    this.#settings = settings;
  }

  /** Where to send the browser, and what to remember meanwhile. Throws a Refusal if the provider cannot be reached. */
  async leave(): Promise<{ url: string; flow: OpenIdFlow }> {
    const client = await this.#discover();
    const flow = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() };
    const url = buildAuthorizationUrl(client, {
      redirect_uri: this.#settings.redirectUri,
      scope: 'openid profile email',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, flow };
  }

  /** Who came back with this address. Throws a Refusal for whoever must not get in. */
  async arrive(query: URLSearchParams, flow: OpenIdFlow): Promise<SignedIn> {
    const client = await this.#discover();
    const url = new URL(this.#settings.redirectUri);
    url.search = query.toString();
    let claims: IDToken | undefined;
    try {
      const tokens = await authorizationCodeGrant(client, url, {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      });
      claims = tokens.claims();
    } catch (error) {
      throw new Refusal(
        'not-signed-in',
        `${this.#settings.issuer} did not confirm the sign-in (${(error as Error).message}). Try again.`,
        { code: 'sign-in-failed' },
      );
    }
    return this.#admit(claims ?? ({} as IDToken));
  }

  #admit(claims: IDToken): SignedIn {
    const text = (value: unknown): string[] =>
      Array.isArray(value) ? value.filter((v) => typeof v === 'string') : typeof value === 'string' ? [value] : [];
    const names = [claims.preferred_username, claims.email, claims.upn].flatMap(text);
    const name = names[0] ?? String(claims.name ?? claims.sub);
    const given = [...text(claims.roles), ...text(claims.groups), ...names, ...text(claims.oid), ...text(claims.sub)];
    const byKey = new Map(Object.entries(this.#settings.roles).map(([key, role]) => [key.toLowerCase(), role]));
    const roles = [...new Set(given.flatMap((key) => byKey.get(key.toLowerCase()) ?? []))].filter(isRole);
    if (roles.length > 0) return { name, roles };
    // With too many groups the token says where to ask for them instead (OpenID Connect Core s.5.6.2).
    const distributed = claims._claim_names as Readonly<Record<string, unknown>> | undefined;
    if (claims.groups === undefined && distributed?.groups !== undefined)
      throw new Refusal(
        'forbidden',
        `${name} signed in, but is in so many groups that the provider does not list them. Give the role through an app role, or by user name.`,
        { code: 'too-many-groups' },
      );
    throw new Refusal(
      'forbidden',
      `${name} signed in, but has no role here. An administrator gives one in causeway.yaml under service.signIn.roles, by user name, group or role claim.`,
      { code: 'no-role' },
    );
  }

  #discover(): Promise<ClientConfiguration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const url = new URL(issuer);
    // Without TLS only a provider on this very machine, for trying things out.
    const isLocal = url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    this.#client ??= discovery(
      url,
      clientId,
      clientSecret,
      undefined,
      isLocal ? { execute: [allowInsecureRequests] } : {},
    ).catch((error: Error) => {
      this.#client = undefined;
      throw new Refusal(
        'unavailable',
        `The sign-in provider ${issuer} cannot be used (${error.message}). Check service.signIn.issuer and the way there; the local administrator can sign in with the link of "causeway sign-in".`,
        { code: 'provider-unavailable' },
      );
    });
    return this.#client;
  }
}
