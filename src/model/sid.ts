/** Security identifiers: revision, count, 48-bit big-endian authority, 32-bit little-endian parts (MS-DTYP s.2.4.2.2). */
export function sidText(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view[1] ?? 0;
  if (view.length < 8 || view[0] !== 1 || count > 15 || view.length !== 8 + 4 * count) {
    throw new RangeError('these bytes are not a security identifier');
  }
  let text = `S-1-${view.readUIntBE(2, 6)}`;
  for (let i = 0; i < count; i++) text += `-${view.readUInt32LE(8 + 4 * i)}`;
  return text;
}

/** The bytes of a SID text such as S-1-5-21-1-2-3-500; undefined if it is none. */
export function sidBytes(text: string): Buffer | undefined {
  if (!/^S-1-\d{1,15}(-\d{1,10}){0,15}$/i.test(text)) return undefined;
  const [authority = 0, ...parts] = text.split('-').slice(2).map(Number);
  if (parts.some((p) => p > 0xffffffff) || authority > 0xffffffffffff) return undefined;
  const bytes = Buffer.alloc(8 + 4 * parts.length);
  bytes[0] = 1;
  bytes[1] = parts.length;
  bytes.writeUIntBE(authority, 2, 6);
  parts.forEach((p, i) => {
    bytes.writeUInt32LE(p, 8 + 4 * i);
  });
  return bytes;
}
