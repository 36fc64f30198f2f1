/** The console as an app of the local tenant, and the service told to let people sign in through it. */
import type { World } from './world.ts';

const appId = '00000000-0000-4000-8000-0000000000ee';
export const appSecret = 'the-secret-of-the-console-app';
export const password = 'Tr0ub4dor&3';

/** A seed for a person `NAME@contoso.com` with the password above. */
export const person = (name: string) => ({
  displayName: name,
  userPrincipalName: `${name.toLowerCase()}@contoso.com`,
  password,
});

/** `app`: what the app has besides its id, secret and address; `roles`: of the service, by role of the app or by group. */
export function signInThroughTenant(
  world: World,
  seed: { readonly users: readonly unknown[]; readonly groups?: readonly unknown[]; readonly app: object },
  roles: Readonly<Record<string, string>>,
): void {
  const { app, ...objects } = seed;
  const apps = [
    {
      appId,
      displayName: 'Causeway console',
      secret: appSecret,
      redirectUris: ['http://127.0.0.1/sign-in/callback'],
      ...app,
    },
  ];
  world.write('seed.json', JSON.stringify({ ...objects, apps }));
  world.write('console-secret', appSecret);
  world.configure((settings) => {
    const { tenant, connectors } = settings as unknown as {
      tenant: { listen: string; seed: string };
      connectors: { tenantId?: string }[];
    };
    tenant.seed = './seed.json';
    const issuer = `http://${tenant.listen}/${connectors[1]?.tenantId}/v2.0`;
    const signIn = { issuer, clientId: appId, clientSecret: { file: './console-secret' }, roles };
    Object.assign(settings, { service: { listen: '127.0.0.1:0', signIn } });
  });
}
