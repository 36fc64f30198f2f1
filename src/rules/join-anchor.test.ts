import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinMatches } from './join.ts';

test('source anchors that differ in letter case alone are those of two people, whatever the rule says', () => {
  const clause = [{ cs: 'sourceAnchor', mv: 'sourceAnchor' }];
  const of = (sourceAnchor: string) => ({ values: { sourceAnchor } });
  assert.equal(joinMatches(clause, of('AQAAoA=='), of('AQAAoA==')), true);
  assert.equal(joinMatches(clause, of('AQAAoA=='), of('AQAAOA==')), false);
});
