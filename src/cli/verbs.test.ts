import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { verbFiles, verbFilesFor } from './verbs.ts';

test('every file of verbs adds exactly the commands that the table says', async () => {
  for (const { verbs, load } of verbFiles) {
    const program = new Command();
    (await load())(program, () => assert.fail('registering asks for nothing'));
    assert.deepEqual(
      program.commands.map((c) => c.name()),
      verbs,
    );
  }
  const all = verbFiles.flatMap((file) => file.verbs);
  assert.equal(new Set(all).size, all.length);
});

test('a command loads the file of its verb; help and what there is not load all', () => {
  const loaded = (...words: string[]) => verbFilesFor(words).map((file) => file.verbs[0]);
  assert.deepEqual(loaded('explain', 'status'), ['explain']);
  assert.deepEqual(loaded('--json', '--config', 'plan', 'run', 'corp', 'export'), ['sync']);
  assert.deepEqual(loaded('--config=plan', 'scheduler', 'set'), ['status']);
  for (const words of [[], ['--help'], ['help', 'plan'], ['sttus'], ['--config']])
    assert.equal(loaded(...words).length, verbFiles.length, words.join(' '));
});
