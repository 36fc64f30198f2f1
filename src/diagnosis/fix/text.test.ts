import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { ldifBytes, parseLdif } from '../../model/ldif.ts';
import type { ConfigurationChange } from './action.ts';
import { editConfiguration } from './configuration.ts';
import { command, grantCommand, graphText, ldifOf, powershell, shellWord } from './text.ts';

/** Text as directories hold it at worst: quotes of every kind, line ends, escapes, base64 marks. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({
    unit: fc.constantFrom("'", '"', '`', '$', '(', ')', '\n', '\r', ';', '\\', '‘', '’', ':', '-', ' ', 'a'),
    maxLength: 20,
  }),
);

test('LDIF: a value never becomes a line of its own, and comes back as it was', () => {
  fc.assert(
    fc.property(hostile, hostile, (dn, value) => {
      const name = `CN=${Buffer.from(dn).toString('hex')},DC=x`;
      const text = ldifOf(name, [{ operation: 'replace', attribute: 'description', values: [value] }]);
      const [record, ...others] = parseLdif(`${text}\n\n`);
      assert.equal(others.length, 0);
      assert.equal(record?.kind, 'modify');
      const [change] = record?.kind === 'modify' ? record.changes : [];
      assert.equal(change?.attribute, 'description');
      assert.equal(
        Buffer.from(ldifBytes(change?.values[0] ?? '')).toString('utf8'),
        Buffer.from(value).toString('utf8'),
      );
    }),
  );
});

test('LDIF: a hostile DN stays a DN', () => {
  const text = ldifOf('CN=a\nchangetype: delete\n\ndn: CN=b,DC=x', [
    { operation: 'delete', attribute: 'mail', values: [] },
  ]);
  assert.equal(text.split('\n').filter((l) => l.startsWith('dn')).length, 1);
  assert.equal(text.split('\n').filter((l) => l.startsWith('changetype')).length, 1);
});

test('a shell takes a word for the very text', () => {
  const words = fc.sample(hostile, 60).map((w) => w.replaceAll('\0', ''));
  const script = words.map((w) => `printf '%s\\0' ${shellWord(w)}`).join('\n');
  const out = execFileSync('bash', ['-c', script]).toString('utf8').split('\0').slice(0, -1);
  assert.deepEqual(
    out.map((w) => Buffer.from(w).toString()),
    words.map((w) => Buffer.from(w).toString()),
  );
  assert.equal(command('explain', "CN=O'Hara; rm -rf /,DC=x"), "causeway explain 'CN=O'\\''Hara; rm -rf /,DC=x'");
});

test('PowerShell: single quotes of every kind are doubled, nothing is expanded, line ends are encoded', () => {
  assert.equal(powershell("O'Hara $(Remove-Item *)"), "'O''Hara $(Remove-Item *)'");
  assert.equal(powershell('a’; Stop-Computer; ’'), "'a’’; Stop-Computer; ’’'");
  const encoded = powershell('a\nStop-Computer');
  assert.doesNotMatch(encoded, /\n|Stop-Computer/);
  assert.equal(Buffer.from(/'([A-Za-z0-9+/=]+)'/.exec(encoded)?.[1] ?? '', 'base64').toString(), 'a\nStop-Computer');
  fc.assert(
    fc.property(hostile, (value) => {
      const text = powershell(value);
      if (!text.startsWith("'")) return;
      // Inside the literal every quote stands in a pair.
      assert.doesNotMatch(text.slice(1, -1).replace(/''|‘‘|’’|‚‚|‛‛/g, ''), /['‘’‚‛]/);
    }),
  );
});

test('a grant expands nothing, in whatever shell of Windows it is pasted', () => {
  assert.equal(grantCommand('DC=x', 'svc@x:RP;mail', ' /I:S'), 'dsacls "DC=x" /I:S /G "svc@x:RP;mail"');
  assert.equal(grantCommand('CN=$(Stop-Computer),DC=x', 'a:b'), `dsacls 'CN=$(Stop-Computer),DC=x' /G "a:b"`);
  fc.assert(
    fc.property(hostile, (dn) => {
      const [, literal] = /^dsacls "(.*)" \/G "a:b"$/s.exec(grantCommand(dn, 'a:b')) ?? [];
      if (literal !== undefined) assert.doesNotMatch(literal, /["$`%\n\r\u201c\u201d]/);
    }),
  );
});

test('Graph: the body is JSON, whatever is in it', () => {
  const text = graphText([{ method: 'PATCH', path: '/v1.0/users/1', body: { a: '"\n\nDELETE /v1.0/users/2' } }]);
  assert.equal(text.split('\n').filter((l) => l.startsWith('DELETE')).length, 0);
});

test('the configuration keeps its comments; only the one entry changes', () => {
  const text = `connectors:
  - name: corp   # the forest
    partitions:
      - base: DC=x
        # what is selected
        include:
          - OU=Sales,DC=x
          - "OU=A\\\\, B,DC=x"
`;
  const path = ['connectors', 0, 'partitions', 0, 'include'];
  const edit = (change: Omit<ConfigurationChange, 'kind'>) =>
    editConfiguration(text, { kind: 'configuration', ...change });
  const swapped = edit({ path, from: 'ou=sales,dc=x', to: 'OU=Vertrieb: #1,DC=x' });
  assert.match(swapped, /# the forest/);
  assert.match(swapped, /# what is selected/);
  assert.match(swapped, /"?OU=Vertrieb: #1,DC=x"?/);
  assert.doesNotMatch(swapped, /Sales/);
  assert.throws(() => edit({ path, from: 'OU=Gone,DC=x' }), /not in the list/);
  assert.throws(() => edit({ path: ['connectors', 0, 'name'], to: 'x' }), /no list/);
  assert.equal(edit({ path, to: 'OU=SALES,DC=X' }).match(/sales/gi)?.length, 1, 'twice is once');
  assert.match(
    edit({ path: ['rules', 'userJoin'], value: 'mail' }),
    /# the forest[\s\S]*\nrules:\n {2}userJoin: mail\n$/,
  );
  assert.match(
    edit({ path: ['connectors', 0, 'objectClasses'], value: ['user', 'contact'] }),
    /objectClasses:\n +- user\n +- contact/,
  );
  assert.doesNotMatch(edit({ path: ['connectors', 0, 'partitions'], value: null }), /partitions/);
});
