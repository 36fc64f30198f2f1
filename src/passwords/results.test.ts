import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueuedUser } from './contract.ts';
import { queueAfter, readOutcome } from './results.ts';

const user = { objectGuid: 'g', dn: 'CN=ana' };
const minute = 60_000;

test('answers of the cloud become classic statuses', () => {
  const outcome = (errorCode?: string) =>
    readOutcome({
      sourceAnchor: 'a',
      resultCode: errorCode ? 'Failure' : 'Success',
      ...(errorCode ? { errorCode } : {}),
    });
  assert.deepEqual(outcome(), { status: 'Success', reason: 'synchronized' });
  assert.equal(outcome('ForcePasswordChangeNotEnabled').status, 'FilteredByTarget');
  assert.equal(outcome('UserNotFound').status, 'TargetNotExportedToDirectory');
  assert.equal(outcome('Throttled').status, 'RetryRequestedByTarget');
  assert.deepEqual(outcome('Surprise'), {
    status: 'Error',
    reason: 'refused-by-cloud',
    errorCode: 'Surprise',
    detail: 'The cloud gave no description.',
  });
});

test('failures come back after 1, 2, 4 … minutes, at most after an hour, and never stop', () => {
  const failure = { status: 'Error', reason: 'refused-by-cloud', errorCode: 'X' } as const;
  let entry: QueuedUser | undefined;
  const pauses: number[] = [];
  for (let i = 0; i < 9; i++) {
    entry = queueAfter(user, failure, entry, 0);
    pauses.push(entry!.nextAttemptAt / minute);
  }
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  assert.equal(entry!.attempt, 9);
});

test('another failure starts over', () => {
  const first = queueAfter(user, { status: 'Error', reason: 'refused-by-cloud', errorCode: 'X' }, undefined, 0);
  const second = queueAfter(
    user,
    { status: 'RetryRequestedByTarget', reason: 'retry-requested', errorCode: 'Y' },
    first,
    0,
  );
  assert.equal(second!.attempt, 1);
});

test('who is not eligible waits for the engine, who is held for somebody to act, who has no password for nothing', () => {
  const waiting = queueAfter(user, { status: 'NoTargetConnection', reason: 'not-in-scope' }, undefined, 5);
  assert.deepEqual([waiting!.kind, waiting!.nextAttemptAt], ['waiting', 5]);
  const held = queueAfter(user, { status: 'FilteredByTarget', reason: 'must-change-at-next-logon' }, undefined, 0);
  assert.deepEqual([held!.kind, held!.nextAttemptAt], ['retry', 30 * minute]);
  assert.equal(queueAfter(user, { status: 'MissingAttribute', reason: 'no-password' }, undefined, 0), undefined);
});
