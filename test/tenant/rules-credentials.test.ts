/** What a synchronization client sees whose account is gone, has ended or lacks the role (entra-directory s.3.1). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectorError } from '../../src/connectors/contract.ts';
import { connectorTo, graphApp, syncApp, testTenant } from './support.ts';

const signal = new AbortController().signal;
const stops = (told: RegExp) => (error: unknown) => {
  assert.ok(error instanceof ConnectorError, String(error));
  assert.equal(error.status, 'no-start-credentials', 'the run does not start, so nothing is tried again by itself');
  assert.match(error.message, told);
  return true;
};

test('an account that is gone, whose secret ended or is wrong, or without the role stops the connector before it sends anything (s.3.1)', async () => {
  const tenant = testTenant({ clock: Date.now });
  const ended = { appId: '00000000-0000-0000-0000-0000000000ff', secret: 'a secret of last year' };
  tenant.registerApp({
    ...ended,
    secretExpires: '2020-01-01T00:00:00Z',
    permissions: ['ADSynchronization.ReadWrite.All'],
  });
  const sent: string[] = [];
  const open = (app: { appId: string; secret: string }) =>
    connectorTo(tenant, {
      clientId: app.appId,
      secret: app.secret,
      fetch: (request) => {
        sent.push(new URL(request.url).pathname);
        return tenant.fetch(request);
      },
    }).open(signal);
  await assert.rejects(open({ ...syncApp, appId: crypto.randomUUID() }), stops(/AADSTS700016/));
  await assert.rejects(open(ended), stops(/AADSTS7000222/));
  await assert.rejects(open({ ...syncApp, secret: 'wrong' }), stops(/AADSTS7000215/));
  assert.deepEqual(
    sent.filter((path) => path.startsWith('/sync/')),
    [],
  );
  await assert.rejects(open(graphApp), stops(/403|denied|role|permission/i));
  assert.ok(!sent.includes('/sync/v1/provision'));
  assert.ok(await open(syncApp));
});
