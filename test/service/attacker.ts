/** Sends what a browser, or somebody who pretends to be one, would send. */
import { request as httpRequest } from 'node:http';
import type { Role } from '../../src/service/sign-in/roles.ts';
import type { RunningService } from './world.ts';

export interface Person {
  readonly cookie: string;
  readonly csrf: string;
}
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

/** Somebody who is signed in with these roles. */
export async function person(running: RunningService, held: readonly Role[]): Promise<Person> {
  const { session, cookie } = await running.service.context.sessions.begin(`the ${held.join()}`, held, 'link');
  return { cookie: `causeway-session=${cookie}`, csrf: session.csrf };
}

/** As a browser of this person sends it; headers that are empty are left out. */
export function send(
  running: RunningService,
  who: Person | undefined,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const all = {
    cookie: who?.cookie ?? '',
    'x-csrf-token': who?.csrf ?? '',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  };
  return fetch(`${running.service.url}${path}`, {
    method,
    redirect: 'manual',
    headers: Object.fromEntries(Object.entries(all).filter(([, v]) => v !== '')),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** As it stands, without any tidying of the address on the way. */
export function raw(
  running: RunningService,
  path: string,
  options: { method?: string; headers?: Record<string, string>; chunks?: readonly Buffer[] } = {},
): Promise<RawAnswer> {
  const { port } = new URL(running.service.url);
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, chunks = [] } = options;
    const outgoing = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (d: string) => {
        text += d;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
      response.on('error', reject);
    });
    outgoing.on('error', reject);
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}
