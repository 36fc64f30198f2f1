/** The discovery document (OpenID Connect Discovery 1.0 s.3) of the tenant under the name it was asked for. */
export function openidConfiguration({ origin, tenant }: { origin: string; tenant: string }) {
  const base = `${origin}/${tenant}`;
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    userinfo_endpoint: `${origin}/oidc/userinfo`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic', 'none'],
    token_endpoint_auth_signing_alg_values_supported: ['PS256', 'RS256'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', 'password'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256', 'plain'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    request_uri_parameter_supported: false,
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'auth_time', 'nonce', 'oid', 'tid', 'sid', 'uti', 'ver'],
      ...['preferred_username', 'name', 'given_name', 'family_name', 'email', 'groups', 'roles', 'wids'],
    ],
    tenant_region_scope: null,
    cloud_instance_name: new URL(origin).host,
    msgraph_host: new URL(origin).host,
  };
}

export function instanceDiscovery(url: URL) {
  return {
    tenant_discovery_endpoint: `${url.origin}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: url.host, preferred_cache: url.host, aliases: [url.host] }],
  };
}
