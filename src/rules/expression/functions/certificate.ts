/** Certificate functions (sync-engine s.3.5). Times are UTC, although the documentation speaks of local time. */
import { bytesOf } from '../../../model/value.ts';
import { type Certificate, nameInfo, nameText, nameTypes, parseCertificate } from '../certificate.ts';
import { instant } from '../date.ts';
import { ExpressionError } from '../expression-error.ts';
import { isBytes, type Machine, type Raw, textOf, wrongType } from '../machine.ts';
import { BOOLEAN, DATE, several, single, TEXT } from '../types.ts';
import { type FunctionSpec, type Implementation, signature } from './function-spec.ts';

/** Certificates that one evaluation keeps parsed. */
const cacheLimit = 256;

/** The certificate, parsed once in an evaluation; undefined if the bytes hold none. */
function certificateOf(m: Machine, v: Raw): Certificate | undefined {
  const text = isBytes(v) ? v.base64 : typeof v === 'string' ? v : wrongType('binary', v);
  const known = m.certificates?.get(text);
  if (known) return known;
  m.charge(500 + (text.length >> 3));
  const certificate = parseCertificate(isBytes(v) ? bytesOf(v) : Buffer.from(text, 'latin1'));
  m.certificates ??= new Map();
  if (certificate && m.certificates.size < cacheLimit) m.certificates.set(text, certificate);
  return certificate;
}

function read(f: (certificate: Certificate) => Raw): Implementation {
  return (m, a) => {
    if (a === undefined) return undefined;
    const certificate = certificateOf(m, a);
    if (!certificate) throw new ExpressionError('The value is not an X.509 certificate. Guard with IsCert.');
    return f(certificate);
  };
}

function spec(name: string, run: Implementation, result = single(TEXT), sign = 'bin|str certificate'): FunctionSpec {
  return { name, category: 'certificate', ...signature(sign), mapping: 'perValue', result, run, cost: 500 };
}

const info: Implementation = (m, a, b, c) => {
  if (a === undefined) return undefined;
  const certificate = certificateOf(m, a);
  if (!certificate) throw new ExpressionError('The value is not an X.509 certificate. Guard with IsCert.');
  const type = b === undefined ? 'SimpleName' : textOf(m, b);
  const name = nameInfo(certificate, type, c === true);
  if (name === undefined) throw new ExpressionError(`The name type must be one of ${nameTypes.join(', ')}.`);
  return name;
};

export const certificateFunctions: readonly FunctionSpec[] = [
  spec(
    'IsCert',
    (m, a) => a !== undefined && (isBytes(a) || typeof a === 'string') && certificateOf(m, a) !== undefined,
    single(BOOLEAN),
  ),
  spec(
    'CertExtensionOids',
    read((c) => c.extensions.filter((e) => e.critical).map((e) => e.oid)),
    several(TEXT),
  ),
  spec(
    'CertFormat',
    read(() => 'X509'),
  ),
  // A friendly name belongs to a certificate store, not to the certificate: there is never one here.
  spec(
    'CertFriendlyName',
    read(() => ''),
  ),
  spec(
    'CertHashString',
    read((c) => c.thumbprint),
  ),
  spec(
    'CertIssuer',
    read((c) => nameText(c.issuer)),
  ),
  spec(
    'CertIssuerDN',
    read((c) => nameText(c.issuer)),
  ),
  // .NET leaves the OID of a name empty, so these two have no value [I].
  spec(
    'CertIssuerOid',
    read(() => undefined),
  ),
  spec(
    'CertSubjectNameOid',
    read(() => undefined),
  ),
  spec(
    'CertKeyAlgorithm',
    read((c) => c.keyAlgorithm),
  ),
  spec(
    'CertKeyAlgorithmParams',
    read((c) => c.keyAlgorithmParameters),
  ),
  spec('CertNameInfo', info, single(TEXT), 'bin|str certificate, str nameType, bool includesIssuerName'),
  spec(
    'CertNotAfter',
    read((c) => instant(c.notAfterMs)),
    single(DATE),
  ),
  spec(
    'CertNotBefore',
    read((c) => instant(c.notBeforeMs)),
    single(DATE),
  ),
  spec(
    'CertPublicKeyOid',
    read((c) => c.keyAlgorithm),
  ),
  // .NET labels the parameters with the OID of the algorithm they belong to [I].
  spec(
    'CertPublicKeyParametersOid',
    read((c) => c.keyAlgorithm),
  ),
  spec(
    'CertSerialNumber',
    read((c) => c.serialNumber),
  ),
  spec(
    'CertSignatureAlgorithmOid',
    read((c) => c.signatureAlgorithm),
  ),
  spec(
    'CertSubject',
    read((c) => nameText(c.subject)),
  ),
  spec(
    'CertSubjectNameDN',
    read((c) => nameText(c.subject)),
  ),
  spec(
    'CertThumbprint',
    read((c) => c.thumbprint),
  ),
  spec(
    'CertVersion',
    read((c) => String(c.version)),
  ),
];
