/** Puts together what watches a running service: findings after cycles, alerts, channels that are told. */
import type { Actor } from '../../health/audit.ts';
import type { Store } from '../../store/store.ts';
import type { Change } from '../changes.ts';
import type { LoadedConfiguration } from '../configuration/configuration.ts';
import { DiagnosisDesk } from '../diagnosis-desk.ts';
import type { StatusFacts } from '../facts/status.ts';
import type { PartState } from '../supervisor.ts';
import { type Channel, makeChannels } from './channels.ts';
import { FindingWatch, isPartial } from './finding-watch.ts';
import { AlertKeeper } from './keeper.ts';

export interface Alerting extends AsyncDisposable {
  readonly desk: DiagnosisDesk;
  readonly watch: FindingWatch;
  readonly keeper: AlertKeeper;
  readonly channels: readonly Channel[];
  /** Another configuration is in force. Throws a ConfigurationError as `startAlerting` does; then nothing changed. */
  use(config: LoadedConfiguration): void;
}
export interface AlertingOptions {
  readonly config: LoadedConfiguration;
  readonly store: Store;
  readonly status: () => StatusFacts;
  readonly change: (actor: Actor, change: Change) => Promise<unknown>;
  /** The thread of diagnoses died or is back, or something was raised or resolved. */
  readonly changed: () => void;
  readonly failed: (message: string, error: Error) => void;
  readonly address: () => string;
  readonly now: () => number;
  readonly later: (ms: number, work: () => void) => () => void;
}

/** Who does what nobody asked for. */
const itself: Actor = { who: 'Causeway', how: 'service' };

/** Throws a ConfigurationError for a channel whose secret is not there. */
export function startAlerting(options: AlertingOptions): Alerting {
  const { config, store, status, change, changed, failed, now } = options;
  const channelsOf = (of: LoadedConfiguration) =>
    makeChannels(of, { now, fetch, print: (text) => void process.stdout.write(text) });
  let channels = channelsOf(config);
  let inForce = config;
  const desk: DiagnosisDesk = new DiagnosisDesk({
    config: () => inForce,
    store,
    now,
    changed: (_state: PartState) => changed(),
    found(diagnosis, at) {
      watch.found(diagnosis);
      const findings = diagnosis.findings.map(({ id, code, severity, title, affected, firstSeen }) => ({
        id,
        code,
        severity,
        title,
        affected,
        firstSeen,
      }));
      const partial = isPartial(diagnosis.findings);
      change(itself, { kind: 'record-findings', findings, at, isPartial: partial }).catch((error: Error) =>
        failed('What was found could not be written down', error),
      );
      keeper.soon();
    },
  });
  const watch = new FindingWatch({
    diagnose: () => desk.whole(),
    failed: (error) => failed('Nothing could be diagnosed after a cycle', error),
    now,
    later: options.later,
  });
  const keeper: AlertKeeper = new AlertKeeper({
    store,
    channels: () => channels,
    look: () => ({
      seen: [
        ...status().alerts.map(({ since, ...a }) => ({
          ...a,
          kind: 'health' as const,
          ...(since === undefined ? {} : { since: Date.parse(since) }),
        })),
        ...watch.seen,
      ],
      unseen: new Set(watch.isBlind ? ['finding' as const] : []),
    }),
    persist: (rows) => change(itself, { kind: 'keep-alerts', rows }),
    changed,
    failed: (error) => failed('Alerts could not be kept', error),
    address: options.address,
    now,
  });
  return {
    desk,
    watch,
    keeper,
    get channels() {
      return channels;
    },
    use(other) {
      channels = channelsOf(other);
      inForce = other;
      desk.renew();
    },
    async [Symbol.asyncDispose]() {
      watch.close();
      await desk.close();
      await keeper.close();
    },
  };
}
