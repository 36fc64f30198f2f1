import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareConfiguration } from '../../../test/support/configuration.ts';
import { tempDirectory } from '../../../test/support/temp.ts';
import { StoreError } from '../../store/sqlite.ts';
import { noteCopy, storeDiagnosis } from './copies.ts';

const damaged = Object.assign(new Error('database disk image is malformed'), { errcode: 11 });

test('a damaged store is told with the newest copy that is still there, and how it is put back', async () => {
  await using temp = tempDirectory('copies');
  const config = bareConfiguration(temp.path);
  const fixes = () => storeDiagnosis(config, damaged, 0).findings[0]?.fix.map((f) => f.title) ?? [];
  assert.deepEqual(fixes(), ['Begin anew: a full import finds every link again']);
  const [monday, tuesday] = [join(temp.path, "mon'day.db"), join(temp.path, 'tuesday.db')];
  for (const [file, made] of [
    [monday, 0],
    [tuesday, 86_400_000],
  ] as const) {
    writeFileSync(file, '');
    noteCopy(config, file, made);
  }
  assert.equal(fixes()[0], 'Put back the copy of 1970-01-02T00:00:00.000Z');
  rmSync(tuesday);
  const [finding] = storeDiagnosis(config, damaged, 0).findings;
  assert.equal(finding?.code, 'store-corrupt');
  assert.match(
    finding?.fix[0]?.text ?? '',
    /^# with the service stopped\nmv .*\nrm -f .*\ncp '.*mon'\\''day\.db' .*\ncauseway --config causeway\.yaml sync --policy initial$/,
  );
});

test('other errors stay what they are; a full disk and another version are findings', async () => {
  await using temp = tempDirectory('copies');
  const config = bareConfiguration(temp.path);
  const codeOf = (error: Error) => storeDiagnosis(config, error, 0).findings.map((f) => f.code);
  assert.deepEqual(codeOf(new StoreError('store-full', 'full')), ['store-full']);
  assert.deepEqual(codeOf(new StoreError('store-newer', 'newer')), ['configuration-outdated']);
  assert.throws(() => codeOf(new StoreError('store-locked', 'locked')), { code: 'store-locked' });
  assert.throws(() => codeOf(new TypeError('a defect')), { message: 'a defect' });
});
