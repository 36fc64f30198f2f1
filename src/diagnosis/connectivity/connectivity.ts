/** The way to a directory or to the cloud, hop by hop: name, port, TLS, HTTP. Signing in is what the connector itself tries. */
import { lookup, resolveSrv } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { LdapError, type SeenCertificate } from '../../ldap/errors.ts';
import { openTcp, openTls } from '../../ldap/transport.ts';
import type { Endpoint } from '../diagnose-context.ts';
import type { CaseCode } from '../findings/cases.ts';
import { interceptorOf } from './words.ts';

export interface Hop {
  readonly hop: 'locator' | 'name' | 'port' | 'tls' | 'http';
  readonly ok: boolean;
  readonly detail: string;
}
export interface Way {
  readonly url: string;
  readonly hops: readonly Hop[];
  /** The case of the hop that broke; absent if the way is free. */
  readonly code?: CaseCode;
  /** Leaf first. */
  readonly chain?: readonly SeenCertificate[];
  /** Milliseconds by which this machine is ahead of the server; absent if the server did not say. */
  readonly skewMs?: number;
}

/** The network, so that tests can break it. */
export interface Probes {
  readonly lookup: (host: string) => Promise<string>;
  readonly resolveSrv: (name: string) => Promise<readonly { readonly name: string; readonly port: number }[]>;
  /** The head of the answer to a GET, whatever its status: `fetch` itself makes an error of some. */
  readonly ask: (url: string, ca: string | undefined, timeoutMs: number) => Promise<HttpHead>;
  readonly now: () => number;
  readonly timeoutMs: number;
}
export interface HttpHead {
  readonly status: number;
  readonly date?: string | undefined;
  readonly authenticate?: string | undefined;
}

const askOnce: Probes['ask'] = (url, ca, timeoutMs) =>
  new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) }, (answer) => {
      const { date, 'proxy-authenticate': authenticate } = answer.headers;
      answer.destroy();
      resolve({ status: answer.statusCode ?? 0, date, authenticate: authenticate?.toString() });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', reject);
    request.end();
  });

export const realProbes: Probes = {
  lookup: async (host) => (await lookup(host)).address,
  resolveSrv: (name) => resolveSrv(name),
  ask: askOnce,
  now: Date.now,
  timeoutMs: 4000,
};

/** Walks every way to an endpoint; the locator is a way of its own if it fails. */
export async function walk(endpoint: Endpoint, probes: Probes): Promise<Way[]> {
  if (endpoint.urls.length > 0) return Promise.all(endpoint.urls.map((url) => walkTo(endpoint, url, probes)));
  if (endpoint.domain === undefined) return [];
  const name = `_ldap._tcp.dc._msdcs.${endpoint.domain}`;
  try {
    const records = await probes.resolveSrv(name);
    const urls = records.map((r) => (endpoint.startTls ? `ldap://${r.name}:${r.port}` : `ldaps://${r.name}`));
    return await Promise.all(urls.slice(0, 8).map((url) => walkTo(endpoint, url, probes)));
  } catch (error) {
    const detail = `DNS has no records ${name} (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    return [{ url: name, hops: [{ hop: 'locator', ok: false, detail }], code: 'dns-failure' }];
  }
}

async function walkTo(endpoint: Endpoint, url: string, probes: Probes): Promise<Way> {
  const parsed = new URL(url.replace(/^ldap/, 'http'));
  const isTls = url.startsWith('ldaps:') || url.startsWith('https:');
  const standard = url.startsWith('ldaps:') ? 636 : url.startsWith('ldap:') ? 389 : isTls ? 443 : 80;
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const port = parsed.port === '' ? standard : Number(parsed.port);
  const hops: Hop[] = [];
  const broken = (hop: Hop['hop'], code: CaseCode, detail: string, chain?: readonly SeenCertificate[]): Way => ({
    url,
    hops: [...hops, { hop, ok: false, detail }],
    code,
    ...(chain ? { chain } : {}),
  });
  try {
    hops.push({
      hop: 'name',
      ok: true,
      detail: isIP(host) ? `${host} is an address` : `${host} is ${await probes.lookup(host)}`,
    });
  } catch (error) {
    return broken(
      'name',
      'dns-failure',
      `${host} cannot be resolved (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
  try {
    const target = { host, port, tls: isTls, name: `${host}:${port}` };
    const socket = await openTcp(target, probes.timeoutMs);
    hops.push({ hop: 'port', ok: true, detail: `port ${port} of ${host} answers` });
    if (!isTls) socket.destroy();
    else {
      const settings = endpoint.ca === undefined ? {} : { ca: endpoint.ca };
      const tls = await openTls(target, socket, settings, probes.timeoutMs);
      hops.push({ hop: 'tls', ok: true, detail: `the certificate is trusted (${tls.getProtocol() ?? 'TLS'})` });
      tls.destroy();
      socket.destroy();
    }
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    return broken(hops.length > 1 ? 'tls' : 'port', codeOf(error, endpoint, host), error.message, error.chain);
  }
  return endpoint.kind === 'cloud' ? askHttp(url, endpoint.ca, hops, probes) : { url, hops };
}

function codeOf(error: LdapError, endpoint: Endpoint, host: string): CaseCode {
  switch (error.reason) {
    case 'connection-refused':
    case 'port-blocked':
    case 'dns-failure':
      return error.reason;
    case 'tls-untrusted': {
      const names = (error.chain ?? []).flatMap((c) => [c.issuer, c.subject]);
      const isPublic = endpoint.kind === 'cloud' && /\.(microsoft(online)?\.com|windows\.net|azure\.com)$/i.test(host);
      return interceptorOf(names) !== undefined || isPublic ? 'tls-intercepted' : 'tls-untrusted';
    }
    default:
      return error.reason === 'tls-failed' ? 'tls-untrusted' : 'port-blocked';
  }
}

async function askHttp(url: string, ca: string | undefined, hops: readonly Hop[], probes: Probes): Promise<Way> {
  const broken = (code: CaseCode, detail: string): Way => ({
    url,
    hops: [...hops, { hop: 'http', ok: false, detail }],
    code,
  });
  try {
    const sent = probes.now();
    const answer = await probes.ask(url, ca, probes.timeoutMs);
    const date = Date.parse(answer.date ?? '');
    const skew = Number.isNaN(date) ? {} : { skewMs: (sent + probes.now()) / 2 - date };
    if (answer.status === 407) {
      const wants = answer.authenticate ? ` and wants ${answer.authenticate.slice(0, 100)}` : '';
      return { ...broken('proxy-auth-required', `a proxy answers HTTP 407${wants}`), ...skew };
    }
    if (answer.status === 502 || answer.status === 503 || answer.status === 504)
      return { ...broken('cloud-unavailable', `the server answers HTTP ${answer.status}`), ...skew };
    const detail = `the server answers HTTP ${answer.status}`;
    return { url, hops: [...hops, { hop: 'http', ok: true, detail }], ...skew };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
    return broken('cloud-unavailable', `no HTTP answer (${reason})`);
  }
}
