import assert from 'node:assert/strict';
import { it } from 'node:test';
import { countSecurityGroups } from './memberships.ts';

const groups: Record<string, { isSecurity: boolean; memberOf: string[] }> = {
  team: { isSecurity: true, memberOf: ['department', 'news'] },
  department: { isSecurity: true, memberOf: ['everybody'] },
  everybody: { isSecurity: true, memberOf: ['team'] },
  news: { isSecurity: false, memberOf: ['readers'] },
  readers: { isSecurity: true, memberOf: [] },
};
const count = (...direct: string[]) => countSecurityGroups(direct, (id) => groups[id]);

it('counts security groups, direct and nested, each once, and no distribution lists (entra-directory s.4.3)', () => {
  assert.equal(count(), 0);
  assert.equal(count('readers'), 1);
  assert.equal(count('everybody'), 4, 'round the circle, through the list of news to its readers');
  assert.equal(count('team', 'department', 'readers'), 4, 'the same groups by several ways');
  assert.equal(count('news'), 1, 'the list itself does not count');
  assert.equal(count('unknown'), 0);
});
it('takes a chain of any length', () => {
  const chain = (id: number) => ({ isSecurity: true, memberOf: id < 50_000 ? [id + 1] : [] });
  assert.equal(countSecurityGroups([1], chain), 50_000);
  assert.equal(countSecurityGroups([1], chain, 100), 101, 'and stops when that is enough');
});
