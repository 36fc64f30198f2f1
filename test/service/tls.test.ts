/** The service over TLS: secure cookies, and commands that go through it although nobody signed its certificate. */
import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { causeway } from '../cli/command.ts';
import { makeCertificates } from '../support/tls.ts';
import { createWorld, startWorld } from './world.ts';

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
}
const ask = (url: string, ca: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(url, { ca }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, headers: response.headers });
    })
      .on('error', reject)
      .end();
  });

test('with TLS cookies are secure and bound to the host, and commands find their way', async () => {
  await using world = await createWorld({ users: 2 });
  const made = await makeCertificates(world.folder.path, ['localhost'], ['127.0.0.1']);
  world.configure((settings) => {
    Object.assign(settings, {
      service: { listen: '127.0.0.1:0', tls: { certificate: made.certFile, key: made.keyFile } },
    });
  });
  await using running = await startWorld(world);
  assert.match(running.service.url, /^https:/);
  const answer = await ask(running.service.signInLink(), made.caPem);
  assert.equal(answer.status, 303);
  const [cookie = ''] = answer.headers['set-cookie'] ?? [];
  assert.match(String(cookie), /^__Host-causeway-session=.*; Secure/);
  assert.match(String(answer.headers['strict-transport-security']), /max-age/);
  const status = await causeway(['--config', world.configFile, '--json', 'status']);
  assert.equal(status.code, 0, status.err);
  assert.equal(status.json<{ engine: { state: string } }>().engine.state, 'running');
});

test('a certificate that is not there is named, and nothing is left running', async () => {
  await using world = await createWorld({ users: 2 });
  world.configure((settings) => {
    Object.assign(settings, {
      service: { listen: '127.0.0.1:0', tls: { certificate: './nothing.pem', key: './nothing.key' } },
    });
  });
  await assert.rejects(startWorld(world), /nothing\.pem for the TLS of the service cannot be read \(ENOENT\)/);
  world.configure((settings) => Object.assign(settings, { service: { listen: '127.0.0.1:0' } }));
  await using running = await startWorld(world);
  assert.equal((await running.fetch('/api/v1/status')).status, 200);
});
