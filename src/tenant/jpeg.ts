/** What a picture is, from its first bytes. */

export interface PictureFacts {
  readonly type: 'image/jpeg' | 'image/png' | 'application/octet-stream';
  /** Pixels; undefined if the header does not say. */
  readonly width?: number;
  readonly height?: number;
}

/** Type and size of a JPEG or PNG picture; of anything else only that it is bytes. */
export function readPicture(bytes: Uint8Array): PictureFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength > 3 && view.getUint16(0) === 0xffd8) return { type: 'image/jpeg', ...jpegSize(view) };
  if (view.byteLength >= 24 && view.getUint32(0) === 0x89504e47) {
    return { type: 'image/png', width: view.getUint32(16), height: view.getUint32(20) };
  }
  return { type: 'application/octet-stream' };
}

/** From the frame header (SOF0 to SOF15 without the three markers that mean something else; ITU-T T.81, B.2.2). */
function jpegSize(view: DataView): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}
