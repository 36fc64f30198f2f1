/** Section F: the channels of password hash synchronization, as their own state tells (no connection is opened). */
import type { ChannelError, ChannelState, DomainState } from '../../passwords/contract.ts';
import type { LiveTenant } from '../connectivity/live.ts';
import type { Detector, DiagnosisContext } from '../diagnose-context.ts';
import type { Evidence, FindingFacts, FindingObject } from '../findings/finding.ts';
import { commandFix, graphFix, powershellFix, textFix } from '../fix/text.ts';
import { readSynchronization } from './live-cloud.ts';
import { passwordUserFindings } from './password-users.ts';

/** What the configuration says of password hash synchronization. */
export interface PasswordSystemFacts {
  readonly channels: readonly PasswordChannelSettings[];
  /** Active Directory connectors that do not synchronize passwords. */
  readonly off: readonly string[];
}
export interface PasswordChannelSettings {
  readonly connector: string;
  readonly cloud: string;
  readonly account: string;
  /** The account is another than the one that imports. */
  readonly hasOwnAccount: boolean;
  /** Naming contexts. */
  readonly domains: readonly string[];
  /** `not-ready`: the first full synchronization of the directory was not exported yet. */
  readonly state: 'on' | 'staging' | 'not-ready';
}

const minute = 60_000;
/** A heartbeat comes every 30 minutes: two that did not come are a warning, three hours are an error (operations s.6.3). */
const heartbeatLate = 65 * minute;
const heartbeatLost = 180 * minute;
/** A cycle comes every two minutes. */
const cycleLate = 15 * minute;

export const passwords: Detector = {
  name: 'passwords',
  async detect(context) {
    const { passwords: known } = context.facts;
    if (!known) return [];
    if (context.focus) return passwordUserFindings(context, known);
    const channels = await Promise.all(known.channels.map((channel) => channelFindings(context, channel)));
    return [...switchedOffHere(context, known), ...channels.flat(), ...(await passwordUserFindings(context, known))];
  },
};

/** Only told where others synchronize: an organization that does without is not broken. */
function switchedOffHere(context: DiagnosisContext, { channels, off }: PasswordSystemFacts): FindingFacts[] {
  const [example] = channels;
  if (!example) return [];
  return off.map(
    (connector): FindingFacts => ({
      code: 'password-sync-disabled',
      severity: 'info',
      root: `off ${connector}`,
      summary: `Passwords of ${connector} are not synchronized: "passwordHashSync" is not set for this connector, while it is for ${example.connector}. Its users cannot sign in to the cloud with the password they have there.`,
      objects: [connectorObject(connector)],
      evidence: [{ source: 'configuration', fact: `The connector "${connector}" has no "passwordHashSync".` }],
      fix: [
        {
          ...textFix(
            'Switch it on',
            'configuration',
            `connectors:\n  - name: ${connector}\n    passwordHashSync: true`,
          ),
          applicable: true,
          action: {
            kind: 'configuration',
            path: ['connectors', context.engine.all.findIndex((c) => c.row.name === connector), 'passwordHashSync'],
            value: true,
          },
        },
      ],
    }),
  );
}

const connectorObject = (name: string): FindingObject => ({ role: 'connector', connector: name });
const iso = (ms: number | undefined): string => (ms === undefined ? 'never' : new Date(ms).toISOString());

async function channelFindings(context: DiagnosisContext, channel: PasswordChannelSettings): Promise<FindingFacts[]> {
  // In staging mode nothing is meant to flow; before the first export nothing can.
  if (channel.state !== 'on') return [];
  const { passwords: tables } = context.store;
  const state = JSON.parse(tables.channel(channel.connector) ?? '{}') as ChannelState;
  const domains = channel.domains.map((name) => ({
    name,
    state: JSON.parse(tables.domain(channel.connector, name) ?? '{}') as DomainState,
  }));
  const findings = domains.flatMap(({ name, state: d }) => (d.lastError ? failure(channel, d.lastError, name, d) : []));
  const tenant = await context.live?.tenant(channel.cloud);
  const isOn = tenant?.company.features.passwordSyncEnabled === true;
  const told = tenant && !isOn ? switchedOffNow(context, tenant) : state.lastError;
  // What a batch was told of the switch is over when the tenant itself says that it is on.
  const cloudError = isOn && told?.code === 'password-sync-disabled' ? undefined : told;
  const id = cloudError?.code === 'password-sync-disabled' && tenant ? await readSynchronization(tenant) : undefined;
  const cloud = cloudError ? failure(channel, cloudError, undefined, state, id?.id) : [];
  const own = findings.filter(
    (f) => !cloud.some((c) => c.code === f.code) && !(isOn && f.code === 'password-sync-disabled'),
  );
  return [...cloud, ...own, ...(cloud.length + own.length > 0 ? [] : stalled(context, channel, state, domains))];
}

/** What the tenant itself says of the feature. */
function switchedOffNow(context: DiagnosisContext, tenant: LiveTenant): ChannelError {
  return {
    code: 'password-sync-disabled',
    message: `The tenant ${tenant.company.initialDomain} says that passwordSyncEnabled is off.`,
    remedy: 'The changes made in the meantime are sent when it is switched on.',
    at: context.now,
  };
}

/** What ended the last cycle of a domain, or the last way to the cloud. */
function failure(
  channel: PasswordChannelSettings,
  error: ChannelError,
  domain: string | undefined,
  state: ChannelState | DomainState,
  synchronization?: string,
): FindingFacts[] {
  const evidence: Evidence[] = [
    { source: `password channel of ${channel.connector}`, fact: `${iso(error.at)}: ${error.message}` },
    ...(error.endpoint ? [{ source: 'endpoint', fact: error.endpoint }] : []),
    ...('lastSuccessAt' in state ? [{ source: 'last good cycle', fact: iso(state.lastSuccessAt) }] : []),
    ...('lastHeartbeatAt' in state ? [{ source: 'last heartbeat', fact: iso(state.lastHeartbeatAt) }] : []),
  ];
  const common = {
    root: `${channel.connector} ${domain ?? ''} ${error.code}`,
    objects: [connectorObject(channel.connector)],
    evidence,
    ...(error.reason === undefined ? {} : { errorCode: error.reason }),
    firstSeen: error.at,
    lastSeen: error.at,
  };
  const again = commandFix('Try it now', ['passwords', 'sync', channel.connector]);
  switch (error.code) {
    case 'password-sync-permission':
      return [
        {
          ...common,
          code: 'password-sync-permission',
          summary: `Passwords of ${domain} are not synchronized: the account ${channel.account} lacks one of the rights "Replicating Directory Changes" and "Replicating Directory Changes All" on the root of the domain.`,
          fix: [powershellFix('Grant both rights', 'directory', grantOf(error.remedy)), again],
        },
      ];
    case 'password-sync-dc-failure':
      return [
        {
          ...common,
          code: 'password-sync-dc-failure',
          summary: `Passwords of ${domain} are not synchronized: ${error.message}`,
          fix: [textFix('Repair the way to the domain controller', 'directory', error.remedy), again],
        },
      ];
    case 'password-sync-cloud-failure':
      return [
        {
          ...common,
          code: 'password-sync-cloud-failure',
          summary: `Changed passwords of ${channel.connector} do not reach the cloud: ${error.message}`,
          fix: [textFix('Repair the way to the cloud', 'cloud', error.remedy), again],
        },
      ];
    case 'password-sync-disabled':
      return [{ ...common, ...switchedOffThere(channel, error, synchronization), code: 'password-sync-disabled' }];
    default:
      return [
        {
          ...common,
          code: 'password-sync-stalled',
          summary: `Passwords of ${domain ?? channel.connector} are not synchronized: ${error.message}`,
          fix: [textFix('Look at the log', 'configuration', error.remedy), again],
        },
      ];
  }
}

/** The commands of a remedy (`replication/errors.ts`), without the sentence before them. */
const grantOf = (remedy: string): string => {
  const commands = remedy.split('\n').filter((line) => line.startsWith('dsacls '));
  return commands.length > 0 ? commands.join('\n') : remedy;
};

/** `id` is that of the tenant's synchronization, if the application may read it: then it may be allowed to change it, too. */
function switchedOffThere({ connector, cloud }: PasswordChannelSettings, error: ChannelError, id: string | undefined) {
  const path = '/v1.0/directory/onPremisesSynchronization';
  const calls = [
    ...(id === undefined ? [{ method: 'GET' as const, path }] : []),
    {
      method: 'PATCH' as const,
      path: `${path}/${id ?? '{id of the answer before}'}`,
      body: { features: { passwordSyncEnabled: true } },
    },
  ];
  const title = 'Switch the feature on in the tenant';
  const fix = graphFix(title, cloud, calls, ['OnPremDirectorySynchronization.ReadWrite.All']);
  const { action: _, ...shown } = fix;
  return {
    summary: `Passwords of ${connector} are held back: password hash synchronization is switched off in the tenant of ${cloud}. ${error.remedy}`,
    fix: [id === undefined ? { ...shown, applicable: false } : fix],
  };
}

function stalled(
  context: DiagnosisContext,
  channel: PasswordChannelSettings,
  state: ChannelState,
  domains: readonly { readonly name: string; readonly state: DomainState }[],
): FindingFacts[] {
  const { now } = context;
  const silence = now - (state.lastHeartbeatAt ?? 0);
  const late = domains.filter((d) => now - (d.state.lastCycleAt ?? 0) > cycleLate);
  if (silence <= heartbeatLate && late.length === 0) return [];
  const changes = domains.map((d) => d.state.lastChangeAt ?? 0);
  const lastChange = Math.max(0, ...changes);
  return [
    {
      code: 'password-sync-stalled',
      severity: silence > heartbeatLost ? 'error' : 'warning',
      root: `stalled ${channel.connector}`,
      summary: `Nothing is heard of the password channel of ${channel.connector}: its last heartbeat was ${iso(state.lastHeartbeatAt)}, where one is due every 30 minutes. Changed passwords stay here until it runs again.`,
      objects: [connectorObject(channel.connector)],
      evidence: [
        { source: 'last heartbeat', fact: iso(state.lastHeartbeatAt) },
        { source: 'last batch', fact: iso(state.lastBatchAt) },
        { source: 'last change seen in the directory', fact: iso(lastChange === 0 ? undefined : lastChange) },
        ...domains.map((d) => ({ source: `last cycle of ${d.name}`, fact: iso(d.state.lastCycleAt) })),
        ...(context.facts.engine
          ? [{ source: 'engine', fact: `${context.facts.engine.state}: ${context.facts.engine.detail}` }]
          : []),
      ],
      fix: [
        textFix('Start the service, which carries the channel', 'configuration', 'causeway start'),
        commandFix('Or run one cycle now', ['passwords', 'sync', channel.connector]),
      ],
      ...(state.lastHeartbeatAt === undefined ? {} : { firstSeen: state.lastHeartbeatAt + 30 * minute }),
    },
  ];
}
