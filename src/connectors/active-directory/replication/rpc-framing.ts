/** Cuts the byte stream of a connection into DCE/RPC fragments. Holds less than one fragment besides the last chunk. */
import { headerSize, type PduHeader, parseHeader } from './rpc-pdu.ts';

export interface Fragment {
  readonly header: PduHeader;
  /** The whole fragment, header included: a copy that the receiver may decrypt in place and must wipe. */
  readonly pdu: Buffer;
}

export class FragmentReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The fragments that are complete with this chunk. Throws `NdrError` for what is no DCE/RPC. */
  push(chunk: Buffer): Fragment[] {
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const fragments: Fragment[] = [];
    while (data.length >= headerSize) {
      const header = parseHeader(data);
      if (data.length < header.size) break;
      fragments.push({ header, pdu: Buffer.from(data.subarray(0, header.size)) });
      data = data.subarray(header.size);
    }
    this.#rest = Buffer.from(data);
    return fragments;
  }
}
