import { RequestError } from './errors.ts';

/** The text of a request's body. Throws a RequestError 413 beyond the limit, before the rest is read; 400 if it breaks off. */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes);
  try {
    return declared === null ? await readChunks(request, maxBytes) : await request.text();
  } catch (error) {
    if (error instanceof RequestError) throw error;
    // Nobody is there any more to read this; it is no defect of the tenant.
    throw new RequestError(400, 'BadRequest', 'The request body broke off before its end.');
  }
}

const tooLarge = (maxBytes: number) =>
  new RequestError(413, 'RequestEntityTooLarge', `The request body is larger than the ${maxBytes} bytes allowed.`);

async function readChunks(request: Request, maxBytes: number): Promise<string> {
  if (!request.body) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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
