/** Certificates of the configuration and when they end. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TrendFacts } from '../../health/trend-alerts.ts';
import { type LoadedConfiguration, pathOf } from '../configuration/configuration.ts';

type Expiry = TrendFacts['expiries'][number];

/** Every certificate in the files that the configuration names; whoever needs a file tells that it cannot be read. */
export function expiries(config: LoadedConfiguration): Expiry[] {
  const { service, tenant, connectors } = config.settings;
  const files: (readonly [what: string, path: string | undefined])[] = [
    ['The certificate of the service', service.tls?.certificate],
    ['The certificate of the local tenant', tenant?.tls?.certificate],
    ...connectors.flatMap((c): [string, string | undefined][] =>
      c.type === 'ldif' ? [] : [[`The trusted authority of ${c.name}`, c.tls?.ca]],
    ),
    ...connectors.flatMap((c): [string, string | undefined][] =>
      c.type === 'entra' && 'certificate' in c.credential
        ? [[`The credential of ${c.name}`, c.credential.certificate]]
        : [],
    ),
  ];
  return files.flatMap(([what, path]) => (path === undefined ? [] : expiryOf(what, pathOf(config, path))));
}

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** The first to end of the certificates of a file. */
export function expiryOf(what: string, path: string): Expiry[] {
  try {
    const ends = [...readFileSync(path, 'utf8').matchAll(certificate)].map(([pem]) =>
      new X509Certificate(pem).validToDate.getTime(),
    );
    return ends.length === 0 ? [] : [{ what, subject: path, expires: Math.min(...ends) }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return [];
  }
}
