/** Certificate functions. Expected values are what openssl prints of the same certificates. */
import { bytes, date, fails, NULL, type Table, table } from './case-table.ts';
import { anaCertificate, expiredCertificate } from './certificates.ts';

const c = { c: anaCertificate };
const old = { c: expiredCertificate };
const both = { c: [anaCertificate, expiredCertificate] };
const broken = { c: bytes(0x30, 0x03, 1, 2, 3) };
/** Base64 text as bytes: the other form in which the functions take a certificate. */
const asText = { c: { base64: Buffer.from(anaCertificate.base64).toString('base64') } };
const pem = {
  c: {
    base64: Buffer.from(`-----BEGIN CERTIFICATE-----\n${anaCertificate.base64}\n-----END CERTIFICATE-----\n`).toString(
      'base64',
    ),
  },
};
const thumbprint = '620FF1C7339CCC71E79711BCEE5391A67A115A3C';
const subject = 'E=ana@contoso.com, CN=Ana Trujillo, OU=People, O="Contoso, Ltd.", S=Bavaria, C=DE';
const issuer = 'CN=Contoso Root, DC=contoso, DC=com';

/** Every function of one certificate with what it gives for the first one. */
const ofAna: readonly (readonly [string, string])[] = [
  ['CertFormat', 'X509'],
  ['CertFriendlyName', ''],
  ['CertHashString', thumbprint],
  ['CertIssuer', issuer],
  ['CertIssuerDN', issuer],
  ['CertKeyAlgorithm', '1.2.840.113549.1.1.1'],
  ['CertKeyAlgorithmParams', '0500'],
  ['CertPublicKeyOid', '1.2.840.113549.1.1.1'],
  ['CertPublicKeyParametersOid', '1.2.840.113549.1.1.1'],
  ['CertSerialNumber', '00A1B2C3D4'],
  ['CertSignatureAlgorithmOid', '1.2.840.10045.4.3.2'],
  ['CertSubject', subject],
  ['CertSubjectNameDN', subject],
  ['CertThumbprint', thumbprint],
  ['CertVersion', '3'],
];
const every = [...ofAna.map(([name]) => name), 'CertExtensionOids', 'CertIssuerOid', 'CertSubjectNameOid'];

export const certificateCases: readonly Table[] = [
  table('s.3.5 certificates', ...ofAna.map(([name, value]) => [`${name}([c])`, value, c] as const)),
  table('s.3.5 certificates, null [I]', ...every.map((name) => [`${name}([absent])`, NULL] as const)),
  table(
    's.3.5 certificates, not a certificate',
    ...every.map((name) => [`${name}([c])`, fails(/not an X\.509 certificate/), broken] as const),
  ),
  table(
    's.3.3 certificates, mapped over a multi-valued attribute',
    ['CertVersion([c])', ['3', '1'], both],
    ['CertThumbprint([c])', [thumbprint, '36D9757E10FA8D346B3B9BED9F3E1ADE1468C708'], both],
    ['IsCert([c])', [true, true], both],
    ['CertNameInfo([c],"SimpleName",False)', ['Ana Trujillo', 'Only Org'], both],
    ['CertNotAfter([c])', [date('2099-01-01T00:00:00.000Z'), date('2011-01-01T00:00:00.000Z')], both],
  ),
  table(
    's.3.5 CertExtensionOids: critical extensions only',
    ['CertExtensionOids([c])', ['2.5.29.19', '2.5.29.15'], c],
    ['CertExtensionOids([c])', NULL, old],
    ['Count(CertExtensionOids([c]))', 2, c],
  ),
  table(
    's.3.5 CertNotAfter, CertNotBefore; UTC (docs/expressions.md)',
    ['CertNotAfter([c])', date('2099-01-01T00:00:00.000Z'), c],
    ['CertNotBefore([c])', date('2024-01-02T03:04:05.000Z'), c],
    ['CertNotAfter([absent])', NULL],
    ['CertNotAfter([c])', fails(/IsCert/), broken],
    ['CertNotBefore([c])', fails(/IsCert/), broken],
    ['CertNotBefore([absent])', NULL],
    ['Where($item,[c],CertNotAfter($item)>Now())', [anaCertificate], both],
    ['With($u,Where($item,[c],CertNotAfter($item)>Now()),IIF(Count($u)>0,$u,NULL))', NULL, { c: [expiredCertificate] }],
    [
      'Where($item,[c],IsCert($item) && CertNotAfter($item)>Now())',
      [anaCertificate],
      { c: [broken.c, anaCertificate] },
    ],
  ),
  table(
    's.3.5 CertIssuerOid, CertSubjectNameOid: .NET names have none [I]',
    ['CertIssuerOid([c])', NULL, c],
    ['CertSubjectNameOid([c])', NULL, c],
  ),
  table(
    's.3.5 CertNameInfo: .NET X509NameType',
    ['CertNameInfo([c],"SimpleName",False)', 'Ana Trujillo', c],
    ['CertNameInfo([c],"SimpleName",True)', 'Contoso Root', c],
    ['CertNameInfo([c],"EmailName",False)', 'ana.t@contoso.com', c],
    ['CertNameInfo([c],"UpnName",False)', 'ana@upn.contoso.com', c],
    ['CertNameInfo([c],"DnsName",False)', 'ana.contoso.com', c],
    ['CertNameInfo([c],"DnsFromAlternativeName",False)', 'ana.contoso.com', c],
    ['CertNameInfo([c],"UrlName",False)', 'https://contoso.com/ana', c],
    ['CertNameInfo([c],"SimpleName",False)', 'Only Org', old],
    ['CertNameInfo([c],"UpnName",False)', '', old],
    ['CertNameInfo([c],"DnsName",False)', '', old],
    ['CertNameInfo([c],"Name",False)', fails(/name type must be one of/), c],
    ['CertNameInfo([absent],"SimpleName",False)', NULL],
    ['CertNameInfo([c],"SimpleName",False)', fails(/IsCert/), broken],
    ['CertNameInfo([c],"SimpleName","no")', fails(/expects True or False/), c],
  ),
  table(
    's.3.5 input: DER or base64 bytes',
    ['CertVersion([c])', '3', asText],
    ['CertVersion([c])', '3', pem],
    ['CertVersion([c])', '3', { c: anaCertificate.base64 }],
    ['CertVersion([c])', '1', old],
    ['CertKeyAlgorithm([c])', '1.2.840.10045.2.1', old],
    ['CertKeyAlgorithmParams([c])', '06082A8648CE3D030107', old],
    ['CertVersion(5)', fails(/expects text or binary/)],
  ),
  table(
    's.3.5 IsCert',
    ['IsCert([c])', true, c],
    ['IsCert([c])', true, asText],
    ['IsCert([c])', false, broken],
    ['IsCert([c])', false, { c: bytes() }],
    ['IsCert([c])', false, { c: 'x' }],
    ['IsCert([absent])', false],
    ['IsCert([n])', false, { n: 5 }],
  ),
];
