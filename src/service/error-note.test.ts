import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase, StoreError } from '../store/sqlite.ts';
import { errorOf, noteOf, toldOf } from './error-note.ts';

test('a disk that is full under a single statement is no defect, also on the other side of a thread', () => {
  const db = openDatabase(':memory:');
  db.exec("CREATE TABLE filler(x TEXT); PRAGMA max_page_count = 1; INSERT INTO filler VALUES ('')");
  const error = (() => {
    try {
      db.prepare('INSERT INTO filler VALUES (?)').run('x'.repeat(1_000_000));
    } catch (thrown) {
      return thrown;
    }
  })();
  const note = noteOf(error);
  assert.equal(note.code, 'store-full');
  assert.match(note.message, /^The disk under the store is full\. [^\n]*$/);
  assert.ok(toldOf(error) instanceof StoreError);
  assert.equal(toldOf(errorOf(note))?.code, 'store-full');
  assert.equal(toldOf(errorOf(noteOf(new RangeError('a defect')))), undefined);
  db.close();
});
