/** People who call Graph through an app, with a token that is theirs. */
import type { Tenant } from '../../src/tenant/tenant.ts';
import { base, type Call, tenantId } from './support.ts';

export const password = 'Tr0ub4dor&3';

/** A function that calls Graph for the person, signed in with `password` through the app. */
export async function personCaller(
  tenant: Tenant,
  app: { readonly appId: string; readonly secret: string },
  name: string,
): Promise<Call> {
  const form = { grant_type: 'password', client_id: app.appId, client_secret: app.secret, scope: 'openid' };
  const body = new URLSearchParams({ ...form, username: `${name}@contoso.com`, password });
  const granted = await tenant.fetch(new Request(`${base}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body }));
  const { access_token: token } = (await granted.json()) as { access_token: string };
  return async (method, path, payload, headers = {}) => {
    const answer = await tenant.fetch(
      new Request(`${base}/v1.0${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(payload === undefined ? {} : { body: payload instanceof Uint8Array ? payload : JSON.stringify(payload) }),
      } as RequestInit),
    );
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: answer.status, headers: answer.headers, body: isJson && text !== '' ? JSON.parse(text) : text };
  };
}
