import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../store/store.ts';
import { verdictOf } from '../diagnose.ts';
import { diagnosisText } from '../diagnose-text.ts';
import { chooseFix, findFinding } from '../fix/fix.ts';
import { textFix } from '../fix/text.ts';
import { plainStyle } from '../lane.ts';
import { bySeverity, findingId, makeFinding } from './finding.ts';
import { recordFindings, withRecordedTime } from './record.ts';

const at = (day: number) => Date.UTC(2026, 0, day);
const one = (root: string, now: number) => makeFinding({ code: 'duplicate-upn', root, summary: root }, now);

test('one cause has one id, whenever it is found', () => {
  assert.equal(one('a', at(1)).id, one('a', at(9)).id);
  assert.notEqual(one('a', at(1)).id, one('b', at(1)).id);
  assert.equal(findingId('duplicate-upn', 'a').length, 12);
});

test('first seen is kept while a finding is open, and starts again when it comes back', () => {
  using store = openStore(':memory:');
  recordFindings(store, [one('a', at(1)), one('b', at(1))], at(1));
  recordFindings(store, [one('a', at(3))], at(3));
  assert.equal(withRecordedTime(store, one('a', at(5))).firstSeen, '2026-01-01T00:00:00.000Z');
  assert.equal(withRecordedTime(store, one('b', at(5))).firstSeen, '2026-01-05T00:00:00.000Z', 'b was gone');
  recordFindings(store, [one('a', at(6)), one('b', at(6))], at(6));
  assert.equal(withRecordedTime(store, one('b', at(7))).firstSeen, '2026-01-06T00:00:00.000Z');
  assert.deepEqual(
    store.findings.open().map((f) => f.code),
    ['duplicate-upn', 'duplicate-upn'],
  );
  recordFindings(store, [], at(8));
  recordFindings(store, [], at(200));
  assert.equal(store.findings.get(one('a', at(1)).id), undefined, 'forgotten after 90 days');
});

test('worst first; the verdict is one sentence', () => {
  const list = [
    makeFinding({ code: 'staging-mode', root: 'x', summary: 'note' }, at(1)),
    makeFinding({ code: 'duplicate-upn', root: 'x', summary: 'error' }, at(1)),
    makeFinding({ code: 'conflict-object', root: 'x', summary: 'warning' }, at(1)),
  ].sort(bySeverity);
  assert.deepEqual(
    list.map((f) => f.severity),
    ['error', 'warning', 'info'],
  );
  assert.equal(verdictOf(list), '1 error, 1 warning, 1 note; first: two objects have one sign-in name.');
  assert.equal(verdictOf([]), 'Nothing is wrong.');
});

test('a finding is named by its id, the beginning of it, or its code if only one has it', () => {
  const [a, b] = [one('a', at(1)), one('b', at(1))];
  assert.equal(findFinding([a, b], a.id.slice(0, 8)), a);
  assert.equal(findFinding([a], 'duplicate-upn'), a);
  assert.throws(() => findFinding([a, b], 'duplicate-upn'), /Several findings/);
  assert.throws(() => findFinding([], 'x'), /Nothing is wrong/);
});

test('a fix that is to be done by hand is never carried out', () => {
  const finding = makeFinding(
    { code: 'duplicate-upn', root: 'a', summary: '', fix: [textFix('By hand', 'directory', 'do it')] },
    at(1),
  );
  assert.throws(() => chooseFix(finding), /by hand/);
  assert.throws(() => chooseFix(finding, 1), /by hand/);
  assert.throws(() => chooseFix(finding, 7), /has 1 fixes, not 7/);
});

test('directory text cannot speak to the terminal', () => {
  const hostile = 'Eve\u001b]0;owned\u0007\r\n■ Errors\u202e';
  const finding = makeFinding(
    {
      code: 'duplicate-upn',
      root: 'a',
      summary: hostile,
      objects: [
        { role: 'incoming', dn: hostile, displayName: hostile, facts: { value: hostile } },
        { role: 'holder', dn: hostile },
      ],
      evidence: [{ source: hostile, fact: hostile }],
      fix: [textFix(hostile, 'directory', hostile)],
    },
    at(1),
  );
  const told = { kind: 'diagnosis', verdict: hostile, findings: [finding] } as const;
  const text = diagnosisText(told, { style: plainStyle, details: true });
  // Line ends are ours; nothing else below the space, and nothing that turns the direction of writing.
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  assert.equal(text.split('\n').filter((l) => l.startsWith('■ Errors')).length, 0);
});
