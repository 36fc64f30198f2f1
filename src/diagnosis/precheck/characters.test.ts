import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findInvisible, findLookAlikes, skeleton, toAscii } from './characters.ts';
import { check, user } from './test-world.ts';

test('what cannot be seen is named and taken away', () => {
  const cases: readonly (readonly [text: string, cleaned: string, named: RegExp])[] = [
    ['ana\u200bsousa', 'anasousa', /U\+200B \(zero width space\) at position 4/],
    ['Ana\u00a0Sousa', 'Ana Sousa', /U\+00A0 \(no-break space\)/],
    [' Ana ', 'Ana', /a space at the start/],
    ['Ana\u202easuoS', 'AnaasuoS', /right-to-left override/],
    ['Ana\tSousa', 'Ana Sousa', /tab/],
    ['Ana\u00adSousa', 'AnaSousa', /soft hyphen/],
    ['\ufeffAna', 'Ana', /byte order mark/],
    ['Ana\ud800', 'Ana', /U\+D800/],
    ['Ana\ue000', 'Ana', /U\+E000/],
  ];
  for (const [text, cleaned, named] of cases) {
    const found = findInvisible(text);
    assert.equal(found?.cleaned, cleaned, JSON.stringify(text));
    assert.match(found?.found.join(', ') ?? '', named);
  }
});

test('letters of every script, emoji, and joiners where they are spelling, are fine', () => {
  for (const text of [
    'Zoë Ångström',
    '王芳',
    'Αλέξανδρος',
    'Оля',
    'می‌خواهم',
    'क्‍ष',
    '👩‍💻 Ana',
    'Nguyễn Thị',
    '',
    'a  b',
  ]) {
    assert.equal(findInvisible(text), undefined, text);
    assert.equal(findLookAlikes(text), undefined, text);
  }
  assert.notEqual(findInvisible('an\u200da'), undefined, 'a joiner between Latin letters joins nothing');
});

test('letters that pass for others', () => {
  assert.deepEqual(findLookAlikes('Аnа Sousa')?.folded, 'Ana Sousa');
  assert.equal(findLookAlikes('Pаypal')?.found[0], 'а (U+0430)');
  assert.equal(findLookAlikes('ＡＢＣ')?.folded, 'ABC');
  assert.equal(findLookAlikes('Ana Оля'), undefined, 'two words, each in its script');
  assert.equal(skeleton('Аnа Sоusа'), skeleton('ana sousa'));
});

test('an impostor is one finding, and says whom it imitates', () => {
  const rows = check([user({ displayName: 'Ana Sousa' }), user({ displayName: 'Аnа Sоusа', givenName: 'Аnа' })]);
  assert.deepEqual(
    rows.map((r) => [r.code, r.attribute]),
    [
      ['invalid-characters', 'displayName'],
      ['invalid-characters', 'givenName'],
      ['look-alike-name', 'displayName'],
    ],
  );
  assert.equal(rows[0]?.root, rows[1]?.root);
  assert.match(rows[2]?.reason ?? '', /reads like "Ana Sousa"/);
  assert.deepEqual(
    check([user({ displayName: 'Ana Sousa' }), user({ displayName: 'Ana Sousa' })]),
    [],
    'two people of one name',
  );
});

test('addresses lose nothing when they are written in plain letters', () => {
  assert.equal(toAscii('jürgen.weiß@contoso.com'), 'juergen.weiss@contoso.com');
  assert.equal(toAscii('Ægir Øst Łukasz Đặng'), 'Aegir Oest Lukasz Dang');
  const [row] = check([user({ mail: 'jürgen.weiß@contoso.com' })]);
  assert.deepEqual([row?.update, row?.confidence], ['juergen.weiss@contoso.com', 'medium']);
});

test('cleaned text is clean, whatever it was', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(0x10ffff), { maxLength: 30 }).map((codes) => String.fromCodePoint(...codes)),
      (text) => {
        const found = findInvisible(text);
        if (found && found.cleaned !== '') assert.equal(findInvisible(found.cleaned), undefined);
        assert.match(toAscii(text), /^[\x20-\x7e]*$/);
      },
    ),
  );
});

test('where lines may break they may', () => {
  assert.deepEqual(check([user({ streetAddress: 'Rua 1\r\nLisbon', description: 'a\nb', title: 'Head ' })]), []);
  assert.equal(check([user({ title: 'Head\nof Design' })])[0]?.code, 'invalid-characters');
});
