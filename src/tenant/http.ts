import { RequestError } from './errors.ts';

/** The text of a request's body. Throws a RequestError 413 beyond the limit, before the rest is read; 400 if it breaks off. */
export const readBody = (request: Request, maxBytes: number): Promise<string> =>
  readWhole(request, maxBytes, async (declared) =>
    declared ? request.text() : (await readChunks(request, maxBytes)).toString('utf8'),
  );

/** The same as bytes. */
export const readBytes = (request: Request, maxBytes: number): Promise<Uint8Array> =>
  readWhole(request, maxBytes, async (declared) =>
    declared ? new Uint8Array(await request.arrayBuffer()) : readChunks(request, maxBytes),
  );

async function readWhole<T>(request: Request, maxBytes: number, read: (declared: boolean) => Promise<T>): Promise<T> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  try {
    return await read(declared !== null);
  } catch (error) {
    if (error instanceof RequestError) throw error;
    // Nobody is there any more to read this; it is no defect of the tenant.
    throw new RequestError(400, 'BadRequest', 'The request body broke off before its end.');
  }
}

const tooLarge = (maxBytes: number) =>
  new RequestError(413, 'RequestEntityTooLarge', `The request body is larger than the ${maxBytes} bytes allowed.`);

async function readChunks(request: Request, maxBytes: number): Promise<Buffer> {
  if (!request.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The JSON value of a text. Throws a RequestError 400. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError(
      400,
      'BadRequest',
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}
