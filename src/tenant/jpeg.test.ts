import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { readPicture } from './jpeg.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const start = 'ffd8 ffe0 0010 4a46494600010100000100010000';

it('reads width and height from the frame header of a JPEG, baseline or progressive', () => {
  for (const frame of ['ffc0', 'ffc2', 'ffcf']) {
    const picture = bytes(`${start} ffc4 0004 0000 ff ${frame} 000b 08 0030 0040 01 011100 ffd9`);
    assert.deepEqual(readPicture(picture), { type: 'image/jpeg', width: 64, height: 48 });
  }
});
it('tables and scans are no frames: without one there is no size', () => {
  assert.deepEqual(readPicture(bytes(`${start} ffc4 0011 08 0030 0040 01 01110000000000000000`)), {
    type: 'image/jpeg',
  });
  assert.deepEqual(readPicture(bytes(`${start} ffda 0008 0101 0000 3f00 ffc0 000b 08 0030 0040 01 011100`)), {
    type: 'image/jpeg',
  });
});
it('knows PNG, and bytes that are neither', () => {
  const png = bytes('89504e470d0a1a0a 0000000d 49484452 00000010 00000020 0802000000');
  assert.deepEqual(readPicture(png), { type: 'image/png', width: 16, height: 32 });
  assert.deepEqual(readPicture(bytes('')), { type: 'application/octet-stream' });
  assert.deepEqual(readPicture(Buffer.from('GIF89a')), { type: 'application/octet-stream' });
});
it('takes any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      readPicture(Buffer.concat([bytes('ffd8'), tail]));
      readPicture(tail);
    }),
  );
});
