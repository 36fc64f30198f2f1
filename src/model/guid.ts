/** GUIDs as Active Directory writes them: 16 bytes, first three groups little-endian (MS-DTYP s.2.3.4.2). */
export function guidText(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`a GUID has 16 bytes, not ${bytes.length}`);
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  const byte = (at: number): string => hex.slice(2 * at, 2 * at + 2);
  const first = byte(3) + byte(2) + byte(1) + byte(0);
  return `${first}-${byte(5)}${byte(4)}-${byte(7)}${byte(6)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const pattern = /^\{?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})\}?$/i;

export const isGuidText = (text: string): boolean => pattern.test(text);

/** The 16 bytes of a GUID text, with or without braces; undefined if it is none. */
export function guidBytes(text: string): Buffer | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const swap = (hex: string) => (hex.match(/../g) as string[]).reverse().join('');
  return Buffer.from(`${swap(match[1]!)}${swap(match[2]!)}${swap(match[3]!)}${match[4]}${match[5]}`, 'hex');
}
