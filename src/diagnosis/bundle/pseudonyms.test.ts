import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePseudonyms } from './pseudonyms.ts';

const key = Buffer.alloc(32, 1);
const known = ['Ana Sousa', 'ana', 'Product Designer', 'asousa', "O'Hara", 'Führungskraft'];
const p = makePseudonyms(key, known);

test('the same value has the same word, in whatever letters and wherever it stands', () => {
  const name = p.word('Ana Sousa');
  assert.equal(
    p.text('CN=ana sousa,OU=Staff,DC=corp,DC=contoso,DC=com'),
    `CN=${name},OU=${p.word('staff')},DC=corp,DC=contoso,DC=com`,
  );
  assert.equal(p.text('Nobody but Ana Sousa was there.'), `Nobody but ${name} was there.`);
  assert.deepEqual(p.json({ displayName: 'ANA SOUSA' }), { displayName: name });
  assert.notEqual(p.word('Ana Sousa'), makePseudonyms(Buffer.alloc(32, 2)).word('Ana Sousa'));
});

test('addresses keep their domain, DNs their domain components, times and codes stay', () => {
  assert.equal(p.text('smtp:ana.sousa@contoso.com'), `smtp:${p.word('ana.sousa')}@contoso.com`);
  assert.deepEqual(
    p.json({ code: 'invalid-upn', time: '2026-01-01T00:00:00.000Z', count: 3, connector: 'corp.contoso.com' }),
    {
      code: 'invalid-upn',
      time: '2026-01-01T00:00:00.000Z',
      count: 3,
      connector: 'corp.contoso.com',
    },
  );
  assert.deepEqual(p.json({ mail: 'ana.sousa@contoso.com' }), { mail: `${p.word('ana.sousa')}@contoso.com` });
});

test('no planted value survives in any place of a document', () => {
  const planted = [
    'Ana Sousa',
    'ana.sousa',
    'Product Designer',
    "O'Hara",
    'Führungskraft',
    'S-1-5-21-1-2-3-1105',
    'kw3KQ1vIlkq0zG1a7mXb9A==',
  ];
  const document = {
    dn: `CN=Ana Sousa\\, PhD,OU=Führungskraft,DC=corp`,
    title: 'rule "X" took Product Designer of Ana Sousa, O\'Hara; ana.sousa@contoso.com',
    attributes: { title: 'Product Designer', 'CN=Ana Sousa,DC=corp': ['Führungskraft'], sid: 'S-1-5-21-1-2-3-1105' },
    connector: 'Ana Sousa',
    anchor: 'kw3KQ1vIlkq0zG1a7mXb9A==',
  };
  for (const text of [p.text(JSON.stringify(document)), JSON.stringify(p.json(document))])
    for (const value of planted) assert.ok(!text.toLowerCase().includes(value.toLowerCase()), `${value} in ${text}`);
});

test('hostile and very long texts take linear time', () => {
  const start = performance.now();
  p.text('a '.repeat(200_000));
  p.text(`${'CN='.repeat(50_000)}x`);
  p.text('@a.b'.repeat(50_000));
  assert.ok(performance.now() - start < 5000);
});
