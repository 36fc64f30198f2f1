/** Self-signed certificates of the sample organization (RFC 5280, RFC 8410), the same for the same name. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

const der = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const size =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...content: readonly Uint8Array[]): Buffer => der(0x30, ...content);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

const ed25519 = sequence(oid('2b6570'));
const commonName = oid('550403');

/** UTCTime up to 2049, as RFC 5280 wants it. */
const time = (day: string): Buffer => der(0x17, Buffer.from(`${day.slice(2).replaceAll('-', '')}000000Z`));

export interface CertificateRequest {
  /** Text of the common name, which is issuer and subject. */
  readonly name: string;
  /** Days in UTC, `2024-01-31`. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Tells certificates with the same name apart. */
  readonly serial?: number;
}

/** A certificate in DER. The key comes out of the name: it proves nothing to anybody. */
export function makeCertificate({ name, notBefore, notAfter, serial = 1 }: CertificateRequest): Buffer {
  const seed = createHash('sha256').update(`contoso sample key of ${name}`).digest();
  const key = createPrivateKey({
    key: sequence(der(0x02, Buffer.of(0)), ed25519, der(0x04, der(0x04, seed))),
    format: 'der',
    type: 'pkcs8',
  });
  const subject = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(name)))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(serial)),
    ed25519,
    subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
  );
  return sequence(body, ed25519, der(0x03, Buffer.of(0), sign(null, body, key)));
}
