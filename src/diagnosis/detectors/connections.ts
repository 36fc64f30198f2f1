/** Section E: the ways to the directories and the cloud, the accounts, their rights. Tried live; otherwise as the last run told. */

import type { RightCheck } from '../../connectors/active-directory/rights.ts';
import { ActiveDirectorySession } from '../../connectors/active-directory/session.ts';
import { ConnectorError, type ConnectorSession } from '../../connectors/contract.ts';
import { LdapError } from '../../ldap/errors.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { realProbes, type Way, walk } from '../connectivity/connectivity.ts';
import { aadsts, bindMeaning, tokenMeaning } from '../connectivity/words.ts';
import { type Detector, type DiagnosisContext, type Endpoint, isCloud } from '../diagnose-context.ts';
import { type CaseCode, isCaseCode } from '../findings/cases.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { powershellFix, textFix } from '../fix/text.ts';
import { applicationEvidence, budgetEvidence, firstFailure, sinceEvidence } from './connection-evidence.ts';
import { accountFix, wayFixes } from './connection-fixes.ts';

export const connections: Detector = {
  name: 'connections',
  async detect(context) {
    if (context.focus) return [];
    const lists = await Promise.all(
      context.engine.all.map((c) => (context.live ? tryNow(context, c) : lastTold(context, c))),
    );
    return lists.flat();
  },
};

async function tryNow(context: DiagnosisContext, connector: EngineConnector): Promise<FindingFacts[]> {
  const { name } = connector.row;
  try {
    const session = await context.live?.session(name);
    if (!session) return [];
    return [...clockOf(name, session), ...(await rightsOf(context, name, session))];
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    const endpoint = context.facts.endpoints?.find((e) => e.connector === name);
    const ways = endpoint ? await walk(endpoint, { ...realProbes, ...context.facts.probes }) : [];
    return [
      brokenFinding(
        context,
        connector,
        { code: error.code, message: error.message, remedy: error.remedy, cause: error.cause },
        ways,
        endpoint,
      ),
    ];
  }
}

/** Codes of the last run that say that the connector could not be used at all. */
const connectionCodes: ReadonlySet<string> = new Set([
  ...[
    'dns-failure',
    'port-blocked',
    'connection-refused',
    'tls-untrusted',
    'tls-failed',
    'ad-bind-failed',
    'clock-skew',
  ],
  ...[
    'ad-signing-required',
    'ad-permission-missing',
    'no-domain-controller',
    'failed-authentication',
    'failed-permission',
  ],
  ...['failed-connection', 'cloud-throttled', 'cloud-unavailable', 'connection-lost', 'idle-timeout'],
]);

function lastTold(context: DiagnosisContext, connector: EngineConnector): FindingFacts[] {
  const [last] = context.store.reports.runs({ before: Number.MAX_SAFE_INTEGER, limit: 1, connector: connector.row.id });
  if (!last?.error) return [];
  const error = JSON.parse(last.error) as { code: string; message: string; remedy: string };
  return connectionCodes.has(error.code) ? [brokenFinding(context, connector, error, [], undefined)] : [];
}

interface Broken {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

function brokenFinding(
  context: DiagnosisContext,
  connector: EngineConnector,
  error: Broken,
  ways: readonly Way[],
  endpoint: Endpoint | undefined,
): FindingFacts {
  const { name } = connector.row;
  const told = codeOf(connector, error, ways);
  const words = wordsOf(error);
  const evidence: Evidence[] = [
    { source: name, fact: error.message },
    ...ways.flatMap((w) =>
      w.hops.map((h) => ({ source: `${w.url}, ${h.hop}`, fact: `${h.ok ? 'ok' : 'broken'}: ${h.detail}` })),
    ),
    ...ways.flatMap((w) =>
      (w.chain ?? []).map((c) => ({
        source: `${w.url}, certificate`,
        fact: `${c.subject}, issued by ${c.issuer}, valid to ${c.validTo}, SHA-256 ${c.fingerprint256}`,
      })),
    ),
    ...(words.code ? [{ source: words.source, fact: `${words.code}: ${words.meaning ?? 'no known meaning'}` }] : []),
    ...(told === 'cloud-auth-failed' ? applicationEvidence(endpoint, context.now) : []),
    ...(told === 'cloud-throttled' ? budgetEvidence(context, connector) : []),
    ...sinceEvidence(context, connector),
  ];
  const since = firstFailure(context, connector);
  return {
    code: told,
    root: name,
    errorCode: words.code ? `${words.prefix}${words.code}` : error.code,
    value: ways.find((w) => w.code)?.url ?? endpoint?.urls[0],
    summary: `${name} cannot be used: ${words.meaning ?? firstSentence(error.message)}.${brokenHop(ways)}`,
    objects: [{ role: 'connector', connector: name }],
    affected: 1,
    evidence,
    fix: [
      textFix('What to do', 'configuration', words.remedy ?? error.remedy),
      ...(words.toAccount && endpoint?.user ? [accountFix(endpoint.user, words.toAccount)] : []),
      ...wayFixes(told, endpoint, context.engine.all.indexOf(connector)),
    ],
    ...(since ? { firstSeen: since.started } : {}),
  };
}

function brokenHop(ways: readonly Way[]): string {
  const broken = ways.filter((w) => w.code !== undefined);
  if (ways.length === 0 || broken.length === 0)
    return ways.length > 0 ? ' The way to it is free; the refusal comes from the server.' : '';
  return ` ${broken.map((w) => `${w.url}: ${w.hops.at(-1)?.detail}`).join('; ')}.`;
}

/** A sentence without its end. */
const firstSentence = (text: string): string => text.replace(/[.\s]+$/, '');

function codeOf(connector: EngineConnector, error: Broken, ways: readonly Way[]): CaseCode {
  const hop = ways.find((w) => w.code)?.code;
  if (error.code === 'no-domain-controller') return 'no-domain-controller';
  if (hop) return hop;
  switch (error.code) {
    case 'failed-authentication':
    case 'failed-permission':
      return 'cloud-auth-failed';
    case 'failed-connection':
      return networkCode(error.message) ?? 'cloud-unavailable';
    case 'tls-failed':
      return 'tls-untrusted';
    case 'connection-lost':
    case 'idle-timeout':
      return isCloud(connector) ? 'cloud-unavailable' : 'port-blocked';
    default:
      return isCaseCode(error.code) ? error.code : 'run-failed';
  }
}

/** What Node's network errors of the cloud's connector mean. */
function networkCode(message: string): CaseCode | undefined {
  if (/ECONNREFUSED/.test(message)) return 'connection-refused';
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return 'dns-failure';
  if (/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT/.test(message)) return 'port-blocked';
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_|ALTNAME/.test(message)) return 'tls-untrusted';
  return undefined;
}

interface Words {
  readonly source: string;
  readonly prefix: string;
  readonly code?: string;
  readonly meaning?: string;
  readonly remedy?: string;
  readonly toAccount?: string;
}

/** Sub-codes of a refused sign-in in words. */
function wordsOf(error: Broken): Words {
  const ldap = error.cause instanceof LdapError ? error.cause : undefined;
  const sub =
    ldap?.adCode ??
    (error.code === 'ad-bind-failed' ? /\bdata ([0-9a-f]{1,8})\b/i.exec(error.message)?.[1] : undefined);
  if (sub !== undefined && error.code === 'ad-bind-failed')
    return { source: 'LDAP 49', prefix: '49/', code: sub, ...bindMeaning(sub) };
  const number = aadsts(error.message);
  return number === undefined
    ? { source: '', prefix: '' }
    : { source: 'AADSTS', prefix: 'AADSTS', code: number, ...tokenMeaning(number) };
}

/** Kerberos forgives five minutes; this much is worth a word (active-directory s.1.2). */
const skewLimit = 120_000;

function clockOf(name: string, session: ConnectorSession): FindingFacts[] {
  if (!(session instanceof ActiveDirectorySession) || Math.abs(session.clockSkewMs) <= skewLimit) return [];
  const seconds = Math.round(Math.abs(session.clockSkewMs) / 1000);
  const way = session.clockSkewMs > 0 ? 'ahead of' : 'behind';
  return [
    {
      code: 'clock-skew',
      root: name,
      value: `${seconds} s`,
      summary: `The clock of this machine is ${seconds} s ${way} that of ${session.server}. Beyond 5 minutes Kerberos and tokens fail, and the times in this program mislead.`,
      objects: [{ role: 'connector', connector: name }],
      affected: 1,
      evidence: [{ source: `rootDSE of ${session.server}`, fact: `currentTime differs by ${seconds} s` }],
      fix: [
        textFix(
          'Set the clock',
          'configuration',
          'Let this machine take its time from the domain or from NTP: timedatectl set-ntp true',
        ),
      ],
    },
  ];
}

async function rightsOf(context: DiagnosisContext, name: string, session: ConnectorSession): Promise<FindingFacts[]> {
  if (!(session instanceof ActiveDirectorySession)) return [];
  const checks = await session.preflight(context.signal);
  const isGranted = (right: RightCheck['right'], partition: string) =>
    checks.some((c) => c.right === right && c.partition === partition && c.state === 'granted');
  const missing = checks.filter((c) => c.state === 'missing' && isNeeded(context, name, c, isGranted));
  return missing.map((c) => ({
    code: 'ad-permission-missing',
    // Without these two imports still find everything, only later.
    severity: c.right === 'replicating-directory-changes' || c.right === 'see-deleted-objects' ? 'warning' : 'error',
    // The same cause as an export that was refused for it is the same finding.
    root:
      c.right === 'write-consistency-guid'
        ? [name, 'permission-issue', 'mS-DS-ConsistencyGuid'].join('|')
        : [name, c.partition, c.right].join('|'),
    attribute: c.right,
    value: c.partition,
    summary: `The account of ${name} lacks a right that is needed for ${c.neededFor}. ${c.detail}`,
    objects: [{ role: 'connector', connector: name, dn: c.partition }],
    affected: 1,
    evidence: [{ source: name, fact: c.detail }],
    fix: c.remedy ? [powershellFix(`Grant it on ${c.partition}`, 'directory', c.remedy)] : [],
  }));
}

function isNeeded(
  context: DiagnosisContext,
  name: string,
  check: RightCheck,
  isGranted: (right: RightCheck['right'], partition: string) => boolean,
): boolean {
  const endpoint = context.facts.endpoints?.find((e) => e.connector === name);
  switch (check.right) {
    case 'replicating-directory-changes-all':
      return endpoint?.passwordHashSync === true;
    case 'see-deleted-objects':
      return check.instead === undefined || !isGranted(check.instead, check.partition);
    case 'write-consistency-guid':
      return (context.facts.sourceAnchor ?? '') === 'mS-DS-ConsistencyGuid';
    default:
      return true;
  }
}
