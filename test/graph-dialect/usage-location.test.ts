/** Users of ours without a usage location are seen through Graph, too, where no directory masters them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveConnections } from '../../src/diagnosis/connectivity/live.ts';
import { diagnoseAll } from '../../src/diagnosis/diagnose.ts';
import { readingEngine } from '../../src/diagnosis/explain/engine.ts';
import type { Finding } from '../../src/diagnosis/findings/finding.ts';
import { applyFix, chooseFix } from '../../src/diagnosis/fix/fix.ts';
import { tempDirectory } from '../support/temp.ts';
import { DialectLab, Directory } from './lab.ts';
import { signal } from './support.ts';

async function findings(lab: DialectLab): Promise<readonly Finding[]> {
  await using live = new LiveConnections(lab.env.connectors, signal);
  const engine = readingEngine(lab.env);
  const facts = { staging: false, deletionThreshold: 500, isApproved: () => false, sourceAnchor: 'objectGUID' };
  const system = { ...facts, initialDomains: new Map([['cloud', 'contoso.onmicrosoft.com']]) };
  const told = await diagnoseAll({ engine, store: engine.store, now: lab.env.now(), facts: system, live, signal });
  return told.findings.filter((f) => f.code === 'missing-usage-location');
}

test('missing-usage-location: told where others of ours have one; the fix sets it, and nothing comes back', async () => {
  const folder = tempDirectory('graph-location');
  const path = join(folder.path, 'corp.ldif');
  const directory = new Directory(path);
  for (const name of ['ada', 'bob', 'cyd']) directory.user(name);
  directory.user('eve', { userAccountControl: '514' });
  directory.save();
  const seed = { users: [{ displayName: 'Cloud only', userPrincipalName: 'cloud@contoso.com' }] };
  using lab = await new DialectLab('graph', path, seed).open();
  await lab.cycle('initial');
  await lab.settle();
  assert.deepEqual(await findings(lab), [], 'nobody has one, so nobody needs one');
  const { value } = (await lab.graph('GET', '/users?$select=id,userPrincipalName')).body;
  const idOf = (name: string) =>
    (value as Record<string, string>[]).find((u) => u.userPrincipalName === `${name}@contoso.com`)?.id;
  for (const name of ['ada', 'cyd'])
    assert.equal((await lab.graph('PATCH', `/users/${idOf(name)}`, { usageLocation: 'DE' })).status, 204);
  const [finding, ...more] = await findings(lab);
  assert.ok(finding && more.length === 0);
  // Neither who was made in the cloud nor who may not sign in.
  assert.deepEqual(
    finding.objects.flatMap((o) => o.userPrincipalName ?? []),
    ['bob@contoso.com'],
  );
  await using live = new LiveConnections(lab.env.connectors, signal);
  const unused = () => assert.fail('the fix is made in the cloud');
  const host = {
    live,
    cycle: async () => (await lab.cycle()).outcome,
    journal: () => {},
    diagnose: () => findings(lab),
    setScheduler: unused,
    editConfiguration: unused,
    approveDeletes: unused,
  };
  const result = await applyFix(host, finding, chooseFix(finding));
  assert.ok(result.isGone, JSON.stringify(result));
  assert.equal((await lab.graph('GET', `/users/${idOf('bob')}?$select=usageLocation`)).body.usageLocation, 'DE');
  await lab.settle();
  folder.remove();
});
