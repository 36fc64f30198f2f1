import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareConfiguration } from '../../../test/support/configuration.ts';
import { tempDirectory } from '../../../test/support/temp.ts';
import { engineFacts } from './diagnose.ts';

test('an engine runs, is gone, or is silent: by its process on this machine, by its heartbeat on another one', async () => {
  await using temp = tempDirectory('engine');
  const config = bareConfiguration(temp.path);
  const note = join(temp.path, 'engine.json');
  const after = (holder: { pid: number; host: string }, silence: number) => {
    writeFileSync(note, JSON.stringify({ purpose: 'service', since: '2026-01-01T00:00:00.000Z', epoch: 1, ...holder }));
    const heard = Date.now() / 1000 - silence;
    utimesSync(note, heard, heard);
    return engineFacts(config);
  };
  assert.equal(engineFacts(config).state, 'stopped');
  const here = { pid: process.pid, host: hostname() };
  assert.equal(after(here, 10).state, 'running');
  assert.equal(after({ pid: 1, host: 'elsewhere' }, 10).state, 'running');
  const gone = after({ pid: 2 ** 22 + 1, host: hostname() }, 10);
  assert.match(gone.detail, /is gone and has left its note\.$/);
  for (const holder of [here, { pid: 1, host: 'elsewhere' }]) {
    const silent = after(holder, 200);
    assert.equal(silent.state, 'crashed');
    assert.match(silent.detail, /does not move: its machine is gone, or it stands still\.$/);
    assert.ok(Date.now() - (silent.heartbeat ?? 0) >= 200_000);
  }
});
