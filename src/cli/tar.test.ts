import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../../test/support/temp.ts';
import { tarOf } from './tar.ts';

test('the archive is one that tar reads', async () => {
  await using folder = tempDirectory('tar');
  const file = join(folder.path, 'a.tar');
  const files = new Map([
    ['one.txt', 'ä'.repeat(600)],
    ['empty.json', ''],
    ['full.txt', 'x'.repeat(512)],
  ]);
  writeFileSync(file, tarOf(files, 1_700_000_000));
  assert.equal(execFileSync('tar', ['tf', file], { encoding: 'utf8' }).trim(), [...files.keys()].join('\n'));
  for (const [name, text] of files)
    assert.equal(execFileSync('tar', ['xOf', file, name], { encoding: 'utf8' }), text, name);
});
