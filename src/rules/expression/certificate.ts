/** X.509 certificates as the certificate functions see them (RFC 5280), in the words of .NET's X509Certificate2. */
import { X509Certificate } from 'node:crypto';
import { DerError, type DerValue, derChildren, derOid, derText, derTime, readDer } from './der.ts';

export interface NamePart {
  readonly oid: string;
  readonly value: string;
}
export interface Certificate {
  /** SHA-1 of the certificate, upper-case hexadecimal. */
  readonly thumbprint: string;
  readonly version: number;
  /** Upper-case hexadecimal, most significant byte first, with the leading 00 that a high first bit needs. */
  readonly serialNumber: string;
  readonly signatureAlgorithm: string;
  readonly issuer: readonly NamePart[];
  readonly subject: readonly NamePart[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly keyAlgorithm: string;
  /** DER of the parameters of the key algorithm, upper-case hexadecimal; empty if there are none. */
  readonly keyAlgorithmParameters: string;
  readonly extensions: readonly { readonly oid: string; readonly critical: boolean; readonly value: Buffer }[];
}

/** Largest certificate that is read, in bytes. */
const sizeLimit = 262_144;

/** The certificate in DER, PEM or base64 bytes; undefined if they hold none. */
export function parseCertificate(bytes: Buffer): Certificate | undefined {
  const der = toDer(bytes);
  if (!der) return undefined;
  try {
    const { fingerprint } = new X509Certificate(der);
    return readCertificate(der, fingerprint.replaceAll(':', ''));
  } catch (error) {
    if (error instanceof DerError || isCryptoError(error)) return undefined;
    throw error;
  }
}

/** OpenSSL's refusals are plain errors whose code begins with ERR_OSSL or that name a routine. */
const isCryptoError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_');

function toDer(bytes: Buffer): Buffer | undefined {
  if (bytes.length === 0 || bytes.length > sizeLimit) return undefined;
  if (bytes[0] === 0x30) return bytes;
  const body = bytes
    .toString('latin1')
    .replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, '')
    .replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return undefined;
  const der = Buffer.from(body, 'base64');
  return der[0] === 0x30 ? der : undefined;
}

const hex = (bytes: Buffer): string => bytes.toString('hex').toUpperCase();

function readCertificate(der: Buffer, thumbprint: string): Certificate {
  const fields = derChildren(child(readDer(der), 0));
  const hasVersion = fields[0]?.tag === 0xa0;
  const [serial, signature, issuer, validity, subject, key, ...rest] = hasVersion ? fields.slice(1) : fields;
  if (!serial || !signature || !issuer || !validity || !subject || !key) throw new DerError('incomplete certificate');
  const algorithm = derChildren(child(key, 0));
  const extensions = rest.find((field) => field.tag === 0xa3);
  return {
    thumbprint,
    version: hasVersion ? 1 + child(fields[0]!, 0).content.readUInt8(0) : 1,
    serialNumber: hex(serial.content),
    signatureAlgorithm: derOid(child(signature, 0)),
    issuer: readName(issuer),
    subject: readName(subject),
    notBeforeMs: derTime(child(validity, 0)),
    notAfterMs: derTime(child(validity, 1)),
    keyAlgorithm: derOid(algorithm[0] ?? missing()),
    keyAlgorithmParameters: algorithm[1] ? hex(algorithm[1].whole) : '',
    extensions: extensions ? derChildren(child(extensions, 0)).map(readExtension) : [],
  };
}

function missing(): never {
  throw new DerError('missing element');
}
const child = (value: DerValue, index: number): DerValue => derChildren(value)[index] ?? missing();

function readExtension(value: DerValue): Certificate['extensions'][number] {
  const [oid, ...rest] = derChildren(value);
  const critical = rest[0]?.tag === 0x01 && rest[0].content[0] !== 0;
  return { oid: derOid(oid ?? missing()), critical, value: (rest.at(-1) ?? missing()).content };
}

const readName = (name: DerValue): NamePart[] =>
  derChildren(name).flatMap((set) =>
    derChildren(set).map((part) => ({ oid: derOid(child(part, 0)), value: derText(child(part, 1)) })),
  );

/** Names of the attribute types as Windows writes them; others appear as `OID.1.2.3`. */
const partNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'S',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'T',
  '2.5.4.42': 'G',
  '2.5.4.43': 'I',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'E',
};

/** The name as .NET writes it: last part first, `, ` between, quotation marks where they are needed. */
export function nameText(name: readonly NamePart[]): string {
  return [...name]
    .reverse()
    .map(({ oid, value }) => `${Object.hasOwn(partNames, oid) ? partNames[oid] : `OID.${oid}`}=${quotedPart(value)}`)
    .join(', ');
}

const quotedPart = (value: string): string =>
  value === '' || /^\s|\s$|[,+="\n<>#;]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

export const nameTypes = [
  'SimpleName',
  'EmailName',
  'UpnName',
  'DnsName',
  'DnsFromAlternativeName',
  'UrlName',
] as const;

/** What .NET's GetNameInfo gives: one name of the subject or issuer, the empty text if there is none. */
export function nameInfo(certificate: Certificate, type: string, ofIssuer: boolean): string | undefined {
  const name = ofIssuer ? certificate.issuer : certificate.subject;
  const part = (oid: string) => name.findLast((p) => p.oid === oid)?.value;
  const alternative = (tag: number) => alternativeName(certificate, ofIssuer ? '2.5.29.18' : '2.5.29.17', tag);
  switch (type) {
    case 'SimpleName':
      return (
        ['2.5.4.3', '2.5.4.11', '2.5.4.10', '1.2.840.113549.1.9.1'].map(part).find((v) => v !== undefined) ??
        name.at(-1)?.value ??
        alternative(0x81) ??
        ''
      );
    case 'EmailName':
      return alternative(0x81) ?? part('1.2.840.113549.1.9.1') ?? '';
    case 'UpnName':
      return alternative(0xa0) ?? '';
    case 'DnsName':
    case 'DnsFromAlternativeName':
      return alternative(0x82) ?? (type === 'DnsName' ? part('2.5.4.3') : undefined) ?? '';
    case 'UrlName':
      return alternative(0x86) ?? '';
    default:
      return undefined;
  }
}

const upnOid = '1.3.6.1.4.1.311.20.2.3';

/** The first alternative name with this tag (RFC 5280 s.4.2.1.6); of the other names only the user principal name. */
function alternativeName(certificate: Certificate, extensionOid: string, tag: number): string | undefined {
  const extension = certificate.extensions.find((e) => e.oid === extensionOid);
  if (!extension) return undefined;
  try {
    for (const name of derChildren(readDer(extension.value))) {
      if (name.tag !== tag) continue;
      if (tag !== 0xa0) return name.content.toString('latin1');
      const [oid, value] = derChildren(name);
      if (oid && value && derOid(oid) === upnOid) return derText(child(value, 0));
    }
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
  }
  return undefined;
}
