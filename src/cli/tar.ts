/** Writes a tar archive (POSIX.1-1988 ustar): enough for a handful of text files. Pure. */

const block = 512;

/** The bytes of an archive with these files. Names have at most 100 bytes. `time` in seconds since 1970. */
export function tarOf(files: ReadonlyMap<string, string>, time: number): Buffer {
  const parts: Buffer[] = [];
  for (const [name, text] of files) {
    const content = Buffer.from(text);
    parts.push(header(name, content.length, time), content, Buffer.alloc((block - (content.length % block)) % block));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(name: string, sizeBytes: number, time: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`the name ${name} is too long for the archive`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number) =>
    bytes.write(
      `${Math.floor(value)
        .toString(8)
        .padStart(length - 1, '0')}\0`,
      at,
    );
  bytes.write(name, 0);
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes, 124, 12);
  octal(time, 136, 12);
  bytes.write('        0', 148);
  bytes.write('ustar\x0000', 257);
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
