/**
 * Smaller pictures: a screenshot has few colours, so that a palette of 256 and good filters make it a third as large.
 * Only what Chromium writes is understood: eight bits, three or four channels, no interlace (PNG, ISO/IEC 15948).
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');
const mostColours = 256;

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Three bytes a pixel. */
  readonly rgb: Uint8Array;
}

/** The same picture with a palette. Bytes of a PNG in and out. */
export function withPalette(png: Buffer): Buffer {
  const pixels = read(png);
  const { colours, indexes } = palette(pixels);
  return write(pixels, colours, indexes);
}

function read(png: Buffer): Pixels {
  let width = 0;
  let height = 0;
  let channels = 0;
  const data: Buffer[] = [];
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const body = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      width = body.readUInt32BE(0);
      height = body.readUInt32BE(4);
      channels = body[9] === 6 ? 4 : body[9] === 2 ? 3 : 0;
      if (body[8] !== 8 || channels === 0 || body[12] !== 0) throw new Error('This kind of PNG is not understood.');
    }
    if (type === 'IDAT') data.push(body);
    at += length + 12;
  }
  return { width, height, rgb: unfiltered(inflateSync(Buffer.concat(data)), width, height, channels) };
}

function unfiltered(raw: Buffer, width: number, height: number, channels: number): Uint8Array {
  const stride = width * channels;
  const rgb = new Uint8Array(width * height * 3);
  let above = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const begin = y * (stride + 1);
    const filter = raw[begin] ?? 0;
    const line = new Uint8Array(raw.subarray(begin + 1, begin + 1 + stride));
    for (let x = 0; x < stride; x++) {
      const left = x >= channels ? (line[x - channels] ?? 0) : 0;
      const up = above[x] ?? 0;
      const corner = x >= channels ? (above[x - channels] ?? 0) : 0;
      line[x] = (line[x] ?? 0) + predicted(filter, left, up, corner);
    }
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) rgb[(y * width + x) * 3 + c] = line[x * channels + c] ?? 0;
    above = line;
  }
  return rgb;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const p = left + up - corner;
  const [a, b, c] = [Math.abs(p - left), Math.abs(p - up), Math.abs(p - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/**
 * Half of the places for the most frequent colours; each other one for the colour that would be missed most: frequent, and
 * far from what is there. So the few dots of a small red mark stay red.
 */
function palette({ rgb }: Pixels): { readonly colours: readonly number[]; readonly indexes: Uint8Array } {
  const at = (i: number) => ((rgb[i * 3] ?? 0) << 16) | ((rgb[i * 3 + 1] ?? 0) << 8) | (rgb[i * 3 + 2] ?? 0);
  const indexes = new Uint8Array(rgb.length / 3);
  const counts = new Map<number, number>();
  for (let i = 0; i < indexes.length; i++) counts.set(at(i), (counts.get(at(i)) ?? 0) + 1);
  const all = [...counts].sort((a, b) => b[1] - a[1]).map(([colour, n]) => ({ colour, n, far: Infinity, index: 0 }));
  const colours: number[] = [];
  const take = (colour: number) => {
    for (const c of all) {
      const far = distance(c.colour, colour);
      if (far < c.far) [c.far, c.index] = [far, colours.length];
    }
    colours.push(colour);
  };
  for (const { colour } of all.slice(0, mostColours / 2)) take(colour);
  while (colours.length < Math.min(mostColours, all.length))
    take(all.reduce((a, b) => (b.n * b.far > a.n * a.far ? b : a)).colour);
  const index = new Map(all.map((c) => [c.colour, c.index]));
  for (let i = 0; i < indexes.length; i++) indexes[i] = index.get(at(i)) ?? 0;
  return { colours, indexes };
}

/** As the eye weighs red, green and blue. */
const distance = (a: number, b: number): number =>
  2 * ((a >> 16) - (b >> 16)) ** 2 +
  4 * (((a >> 8) & 0xff) - ((b >> 8) & 0xff)) ** 2 +
  3 * ((a & 0xff) - (b & 0xff)) ** 2;

function write({ width, height }: Pixels, colours: readonly number[], indexes: Uint8Array): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  const table = Buffer.alloc(colours.length * 3);
  colours.forEach((c, i) => {
    table.writeUIntBE(c, i * 3, 3);
  });
  const lines = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) lines.set(indexes.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', table),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
