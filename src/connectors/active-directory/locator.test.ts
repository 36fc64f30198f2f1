import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LdapError } from '../../ldap/errors.ts';
import type { LdapConnectOptions } from '../../ldap/types.ts';
import { ConnectorError } from '../contract.ts';
import type { ActiveDirectoryConfig, SrvRecord } from './config.ts';
import { locate, orderRecords, type Wanted } from './locator.ts';
import { base, entryOf, scriptedServer, type Values } from './test-helpers.ts';

const record = (name: string, priority: number, weight: number): SrvRecord => ({ name, port: 389, priority, weight });

test('records by priority, then at random by weight', () => {
  const records = [record('far', 20, 100), record('a', 10, 0), record('b', 10, 100), record('c', 10, 300)];
  const order = (random: number) => orderRecords(records, () => random).map((r) => r.name);
  assert.deepEqual(order(0), ['a', 'b', 'c', 'far']);
  assert.deepEqual(order(0.999), ['c', 'b', 'a', 'far']);
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const first = Array.from({ length: 2000 }, () => orderRecords(records, random)[0]?.name);
  const share = first.filter((name) => name === 'c').length / first.length;
  assert.ok(share > 0.7 && share < 0.8, `c has three quarters of the weight and came first in ${share}`);
});

const live: Values = {
  defaultNamingContext: [base],
  namingContexts: [base],
  isSynchronized: ['TRUE'],
  supportedCapabilities: ['1.2.840.113556.1.4.800'],
};
/** A network of servers by address: the root entry of a server, or the error of reaching it. */
function network(servers: Readonly<Record<string, Values | Error>>) {
  const reached: string[] = [];
  return {
    reached,
    random: () => 0,
    resolveSrv: async (): Promise<SrvRecord[]> => [],
    connectLdap: async ({ url }: LdapConnectOptions) => {
      reached.push(url);
      const server = servers[url];
      if (server === undefined || server instanceof Error)
        throw server ?? new LdapError('port-blocked', `${url} is silent.`);
      return scriptedServer(() => ({ entries: [entryOf('', server)] })).connection;
    },
  };
}
const config = (...servers: string[]): ActiveDirectoryConfig => ({
  name: 'corp',
  servers,
  bind: { user: 'svc', password: 'x' },
});
const find = (servers: Parameters<typeof network>[0], wanted: Wanted = {}, order = Object.keys(servers)) => {
  const net = network(servers);
  const signal = new AbortController().signal;
  return { net, found: locate(config(...order), net, wanted, signal).then((dc) => dc.url) };
};

test('servers in their order, the one used last time first', async () => {
  assert.equal(await find({ a: live, b: live }).found, 'a');
  assert.equal(await find({ a: live, b: live }, { prefer: 'b' }).found, 'b');
  assert.equal(await find({ a: live, b: live }, { prefer: 'unknown' }).found, 'a');
  assert.equal(await find({ a: new LdapError('port-blocked', 'a is silent'), b: live }).found, 'b');
});

test('a server that is behind, and one that holds another domain, are passed over', async () => {
  assert.equal(await find({ a: { ...live, isSynchronized: ['FALSE'] }, b: live }).found, 'b');
  assert.equal(await find({ a: { ...live, namingContexts: ['DC=x'] }, b: live }, { partition: base }).found, 'b');
});

test('a read-only controller only if there is no other', async () => {
  const readOnly = { ...live, supportedCapabilities: ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1920'] };
  assert.equal(await find({ a: readOnly, b: live }).found, 'b');
  assert.equal(await find({ a: readOnly, b: new LdapError('port-blocked', 'b is silent') }).found, 'a');
});

test('refused credentials are not tried on the next server', async () => {
  const { net, found } = find({ a: new LdapError('invalid-credentials', 'no'), b: live });
  await assert.rejects(found, (error) => error instanceof ConnectorError && error.code === 'ad-bind-failed');
  assert.deepEqual(net.reached, ['a']);
});

test('a server that is no domain controller', async () => {
  const { supportedCapabilities: _, ...other } = live;
  await assert.rejects(find({ a: { ...other, vendorName: ['OpenLDAP'] } }).found, (error) => {
    assert.ok(error instanceof ConnectorError);
    assert.equal(error.code, 'bad-configuration');
    assert.match(error.message, /no Active Directory domain controller but OpenLDAP/);
    return true;
  });
});

test('neither servers nor a domain', async () => {
  const nothing = { name: 'corp', bind: { user: 'svc', password: 'x' } };
  await assert.rejects(locate(nothing, network({}), {}, new AbortController().signal), /neither which servers/);
});
