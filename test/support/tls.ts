/** Certificates for test servers: an authority of our own and a server certificate signed by it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.ts';

export interface Certificates {
  readonly caFile: string;
  readonly caPem: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a certificate for the DNS names and addresses in `directory`, signed by a new authority. */
export async function makeCertificates(
  directory: string,
  names: readonly string[],
  addresses: readonly string[],
): Promise<Certificates> {
  const at = (name: string): string => join(directory, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = (name: string): string[] => ['-subj', `/O=Causeway tests/CN=${name}`];
  await run('openssl', [
    ...['req', '-x509', ...key, ...subject('Test authority'), '-days', '30'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', at('ca.key'), '-out', at('ca.pem')],
  ]);
  const alternative = [...names.map((n) => `DNS:${n}`), ...addresses.map((a) => `IP:${a}`)].join(',');
  await run('openssl', [
    ...['req', ...key, ...subject(names[0] ?? addresses[0] ?? 'server'), '-keyout', at('server.key')],
    ...['-out', at('server.csr')],
  ]);
  writeFileSync(at('server.ext'), `subjectAltName=${alternative}\nextendedKeyUsage=serverAuth\n`);
  await run('openssl', [
    ...['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', '30', '-extfile', at('server.ext'), '-out', at('server.pem')],
  ]);
  return {
    caFile: at('ca.pem'),
    caPem: readFileSync(at('ca.pem'), 'utf8'),
    certFile: at('server.pem'),
    keyFile: at('server.key'),
  };
}
