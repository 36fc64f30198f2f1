/** The test servers themselves: side by side, and never longer than the process that wanted them. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { startSamba } from './samba.ts';
import { waitFor } from './wait.ts';

test('two forests stand side by side, each with its own people', async () => {
  const [corp, lab] = await Promise.all([startSamba(), startSamba({ realm: 'LAB.EXAMPLE.NET', extendedSchema: true })]);
  await using _corp = corp;
  await using _lab = lab;
  assert.notEqual(corp.address, lab.address);
  assert.equal(lab.baseDn, 'DC=lab,DC=example,DC=net');
  await lab.addUsers([{ name: 'ana', attributes: { mailNickname: 'ana', extensionAttribute15: 'x' } }]);
  assert.match(await lab.ldbsearch('(mailNickname=ana)', 'extensionAttribute15'), /extensionAttribute15: x/);
  assert.doesNotMatch(await corp.ldbsearch('(sAMAccountName=ana)', 'cn'), /cn: ana/);
});

test('servers end with a process that is killed', async () => {
  const script = `
    const { startSamba } = await import('${join(import.meta.dirname, 'samba.ts')}');
    const { startSlapd } = await import('${join(import.meta.dirname, 'slapd.ts')}');
    const [samba, slapd] = await Promise.all([startSamba(), startSlapd()]);
    console.log(samba.dir + '|' + slapd.dir);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const [samba = '', slapd = ''] = line.split('|');
    const pids = [join(samba, 'samba.pid'), join(slapd, 'slapd.pid')].map((f) => readFileSync(f, 'utf8').trim());
    const running = (): string[] => pids.filter((pid) => existsSync(`/proc/${pid}`));
    assert.equal(running().length, 2);
    child.kill('SIGKILL');
    await exited;
    await waitFor('both servers to end', () => running().length === 0);
    // A killed process cannot tidy up.
    for (const dir of [join(samba, '..'), slapd]) rmSync(dir, { recursive: true });
  } finally {
    child.kill('SIGKILL');
  }
});
