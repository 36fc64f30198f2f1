import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDirectory } from '../../../test/support/temp.ts';
import { lastWords } from './last-words.ts';

const holder = { pid: 7, host: 'h', since: '2026-01-02T00:00:00.000Z', purpose: 'service', epoch: 1 };
const line = (level: number, time: string, msg: string, pid = 7) => `${JSON.stringify({ level, time, pid, msg })}\n`;

test('the last error of this life of the process; otherwise that it wrote none, and its last line', async () => {
  await using temp = tempDirectory('words');
  const file = join(temp.path, 'causeway.log');
  assert.match(lastWords(file, holder), /^It wrote no reason.*no line of it\.$/);
  const earlier =
    line(50, '2026-01-01T00:00:00.000Z', 'of another life') + line(50, '2026-01-03T00:00:00.000Z', 'x', 8);
  writeFileSync(file, `cut off"}\n${earlier}${line(30, '2026-01-02T01:00:00.000Z', 'Listening.')}`);
  assert.match(
    lastWords(file, holder),
    /^It wrote no reason, so it was killed.*2026-01-02T01:00:00\.000Z: Listening\.$/,
  );
  writeFileSync(
    file,
    line(50, '2026-01-02T02:00:00.000Z', 'The disk is full.') + line(30, '2026-01-02T02:00:01.000Z', 'x'),
  );
  assert.equal(lastWords(file, holder), '2026-01-02T02:00:00.000Z: The disk is full.');
});
