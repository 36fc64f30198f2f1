/** Section F, one user: where a password stopped on its way to the cloud. */
import type { PasswordReason, UserResult } from '../../passwords/contract.ts';
import { engineEligibility } from '../../passwords/engine-eligibility.ts';
import { resultOf } from '../../passwords/sql-store.ts';
import type { CsRow } from '../../store/connector-space.ts';
import type { PasswordQueueRow } from '../../store/passwords.ts';
import { counted, type DiagnosisContext } from '../diagnose-context.ts';
import {
  type Evidence,
  type FindingFacts,
  type FindingObject,
  type Fix,
  namedObjects,
  type Severity,
} from '../findings/finding.ts';
import { nameOf, objectOf } from '../findings/object.ts';
import { commandFix, directoryFix, powershellFix, textFix } from '../fix/text.ts';
import type { PasswordChannelSettings, PasswordSystemFacts } from './passwords.ts';

type Step = Exclude<PasswordReason, 'synchronized'>;

interface StepFacts {
  readonly severity: Severity;
  /** What stands between this user and the cloud; follows "… is not synchronized:". */
  readonly why: string;
  /** Told about the whole system and not only when somebody asks about the user. */
  readonly isNews: boolean;
}
const steps: Readonly<Record<Step, StepFacts>> = {
  'not-imported': {
    severity: 'info',
    why: 'the account is not imported, because its container or type is out of scope',
    isNews: false,
  },
  'not-a-user': {
    severity: 'info',
    why: 'it is not of the class user, the only one whose passwords are synchronized',
    isNews: false,
  },
  'not-joined': { severity: 'info', why: 'the account is not joined to an identity', isNews: false },
  'not-in-scope': { severity: 'info', why: 'no rule leads the identity to the cloud', isNews: false },
  'no-password-rule': { severity: 'warning', why: 'none of the rules in scope synchronizes passwords', isNews: false },
  'not-exported': { severity: 'warning', why: 'the user was not exported to the cloud yet', isNews: true },
  'must-change-at-next-logon': {
    severity: 'warning',
    why: 'the password must be changed at the next logon, and the tenant does not take over such passwords',
    isNews: true,
  },
  'protected-admin-count': {
    severity: 'info',
    why: 'the account is protected in the directory (adminCount), and the configuration keeps such passwords here',
    isNews: true,
  },
  'protected-cloud-role': {
    severity: 'info',
    why: 'the user holds an administrator role in the cloud, and passwords of administrators stay here',
    isNews: true,
  },
  'no-password': { severity: 'info', why: 'the account has no password in the directory', isNews: false },
  unreadable: { severity: 'error', why: 'the domain controller sent a password that cannot be read', isNews: true },
  'refused-by-cloud': { severity: 'error', why: 'the cloud refuses it', isNews: true },
  'retry-requested': { severity: 'warning', why: 'the cloud asked to try again later', isNews: true },
  requested: { severity: 'info', why: 'it was asked for and is due in the next cycle', isNews: false },
};
const isStep = (reason: string): reason is Step => Object.hasOwn(steps, reason);

/** With a focus whatever holds up its users; otherwise one finding for each connector and step. */
export async function passwordUserFindings(
  context: DiagnosisContext,
  known: PasswordSystemFacts,
): Promise<FindingFacts[]> {
  const on = known.channels.filter((c) => c.state === 'on');
  if (context.focus) {
    const lists = await Promise.all(on.map((channel) => oneByOne(context, channel)));
    return lists.flat();
  }
  return on.flatMap((channel) => channel.domains.flatMap((domain) => grouped(context, channel, domain)));
}

function grouped(context: DiagnosisContext, channel: PasswordChannelSettings, domain: string): FindingFacts[] {
  const { passwords } = context.store;
  return passwords.queueReasons(channel.connector, domain).flatMap(({ reason, n }) => {
    if (!isStep(reason) || !steps[reason].isNews) return [];
    const rows = passwords.heldUp(channel.connector, domain, reason, namedObjects);
    const named = rows.map((row) => objectFor(context, channel, row.object_guid, row.dn));
    const who = n === 1 && named[0] ? nameOf(named[0]) : counted(n, 'user');
    return [
      {
        code: 'password-not-synced',
        severity: steps[reason].severity,
        root: `${channel.connector} ${domain} ${reason}`,
        attribute: 'unicodePwd',
        errorCode: reason,
        summary: `The password of ${who} in ${domain} is not synchronized: ${steps[reason].why}.`,
        objects: named,
        affected: n,
        evidence: [
          { source: `password queue of ${channel.connector}`, fact: `${counted(n, 'user')} held up as ${reason}` },
          ...rows.slice(0, 3).flatMap((row) => lastOf(context, row)),
        ],
        fix: fixOf(
          reason,
          channel,
          rows.map((r) => r.dn),
          named,
        ),
      },
    ];
  });
}

const lastOf = (context: DiagnosisContext, row: PasswordQueueRow): Evidence[] =>
  context.store.passwords.history(row.object_guid, 1).map((r) => ({ source: row.dn, fact: resultText(resultOf(r)) }));

const resultText = (r: UserResult): string =>
  `${new Date(r.at).toISOString()}: ${r.status} (${r.reason})${r.errorCode ? `, ${r.errorCode}` : ''}${r.detail ? `: ${r.detail}` : ''}`;

async function oneByOne(context: DiagnosisContext, channel: PasswordChannelSettings): Promise<FindingFacts[]> {
  const { store, engine } = context;
  const connector = engine.all.find((c) => c.row.name === channel.connector);
  const rows = [...(context.focus?.cs ?? [])].flatMap((id) => store.cs.get(id) ?? []);
  const accounts = rows.filter((r) => r.connector === connector?.row.id && r.anchor !== null && r.object_type !== null);
  const lookup = engineEligibility(() => engine, { directory: channel.connector, cloud: channel.cloud });
  const findings: FindingFacts[] = [];
  for (const row of accounts.filter((r) => isAccount(r))) {
    const eligibility = (await lookup([row.anchor!])).get(row.anchor!);
    const history = store.passwords.history(row.anchor!, 10).map(resultOf);
    const queued = channel.domains.flatMap((d) => store.passwords.queued(channel.connector, d, row.anchor!) ?? [])[0];
    const step = eligibility?.eligible === false ? eligibility.reason : stepOf(queued, history[0]);
    if (step === undefined) continue;
    const detail = eligibility?.eligible === false ? eligibility.detail : history[0]?.detail;
    findings.push(oneFinding(context, channel, row, { step, detail, queued, history }));
  }
  return findings;
}

/** Groups, contacts and the like have no password anybody could miss. */
const isAccount = (row: CsRow): boolean => row.object_type === 'user' || row.object_type === 'inetOrgPerson';

function stepOf(queued: PasswordQueueRow | undefined, last: UserResult | undefined): Step | undefined {
  const reason = queued?.reason ?? last?.reason;
  return reason !== undefined && isStep(reason) ? reason : undefined;
}

function oneFinding(
  context: DiagnosisContext,
  channel: PasswordChannelSettings,
  row: CsRow,
  at: {
    readonly step: Step;
    readonly detail: string | undefined;
    readonly queued: PasswordQueueRow | undefined;
    readonly history: readonly UserResult[];
  },
): FindingFacts {
  const object = objectOf(context, row, 'source');
  const next: Evidence[] = at.queued
    ? [
        {
          source: `password queue of ${channel.connector}`,
          fact: `${at.queued.kind}, attempt ${at.queued.attempt}, next ${new Date(at.queued.next_attempt).toISOString()}`,
        },
      ]
    : [];
  return {
    code: 'password-not-synced',
    severity: steps[at.step].severity,
    root: `${channel.connector} ${row.anchor} ${at.step}`,
    attribute: 'unicodePwd',
    errorCode: at.step,
    summary: `The password of ${nameOf(object)} is not synchronized: ${steps[at.step].why}.${at.detail ? ` ${at.detail}` : ''}`,
    objects: [object],
    evidence: [...next, ...at.history.map((r) => ({ source: 'password history', fact: resultText(r) }))],
    fix: fixOf(at.step, channel, [row.dn], [object]),
    ...(at.history[0] ? { firstSeen: at.history.at(-1)!.at, lastSeen: at.history[0].at } : {}),
  };
}

function objectFor(
  context: DiagnosisContext,
  channel: PasswordChannelSettings,
  objectGuid: string,
  dn: string,
): FindingObject {
  const connector = context.engine.all.find((c) => c.row.name === channel.connector);
  const row = connector && context.store.cs.byAnchor(connector.row.id, objectGuid);
  return row ? objectOf(context, row, 'source') : { role: 'source', connector: channel.connector, dn };
}

/** What helps at each step; `objects` are the accounts of `dns` as far as they are named. */
function fixOf(
  step: Step,
  channel: PasswordChannelSettings,
  dns: readonly string[],
  objects: readonly FindingObject[],
): Fix[] {
  const [dn] = dns;
  const reference = objects[0]?.userPrincipalName ?? dn ?? '';
  const resync = commandFix('Send it again', ['passwords', 'resync', reference]);
  const again = { ...resync, title: 'After that, send it' };
  switch (step) {
    case 'not-imported':
    case 'not-a-user':
    case 'not-joined':
    case 'not-in-scope':
    case 'no-password-rule':
      return [commandFix('See which rule or scope decides', ['explain', reference])];
    case 'not-exported':
      return [commandFix('See why the user is not in the cloud', ['diagnose', reference])];
    case 'must-change-at-next-logon':
      return [
        textFix(
          'Let the user change the password',
          'directory',
          'Sign in once to a computer of the domain, or use the password portal of the directory; the new password follows within seconds.',
        ),
        ...(dns.length === 1 && dn !== undefined
          ? [directoryFix('Or take the mark away', channel.connector, dn, takeMarkAway, false)]
          : []),
        powershellFix(
          'Or let the tenant take over such passwords',
          'cloud',
          'Update-MgDirectoryOnPremiseSynchronization -OnPremisesDirectorySynchronizationId (Get-MgDirectoryOnPremiseSynchronization).Id -BodyParameter @{ features = @{ userForcePasswordChangeOnLogonEnabled = $true } }',
        ),
      ];
    case 'protected-cloud-role':
      return [
        textFix(
          'Keep it so, and give administrators accounts of their own in the cloud',
          'cloud',
          'Whoever takes over the directory could otherwise take over the tenant.',
        ),
        textFix(
          'Or let passwords of administrators go',
          'configuration',
          'passwordHashSync: { excludeCloudAdministrators: false }',
        ),
        again,
      ];
    case 'protected-admin-count':
      return [
        textFix(
          'Let passwords of protected accounts go',
          'configuration',
          'passwordHashSync: { excludeAdminCount: false }',
        ),
        again,
      ];
    case 'no-password':
    case 'unreadable':
      return [
        textFix(
          'Set a password for the account',
          'directory',
          `Set-ADAccountPassword -Reset for ${dn ?? 'the account'}`,
        ),
        resync,
      ];
    case 'refused-by-cloud':
    case 'retry-requested':
    case 'requested':
      return [resync];
  }
}

/** MS-ADTS s.3.1.1.5.3.2: -1 sets the date of the last change to now. */
const takeMarkAway = [{ operation: 'replace', attribute: 'pwdLastSet', values: ['-1'] }] as const;
