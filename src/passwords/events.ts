/** The events of password hash synchronization with their classic ids (entra-directory s.6.4, operations s.7.3). */

export const passwordEvents = {
  started: { id: 601, level: 'info', title: 'Password synchronization started' },
  unexpected: { id: 603, level: 'error', title: 'Password synchronization met an unexpected error' },
  queuedForRetry: { id: 605, level: 'info', title: 'Users were added to the retry queue' },
  leftRetryQueue: { id: 606, level: 'info', title: 'Users left the retry queue' },
  stopped: { id: 609, level: 'info', title: 'Password synchronization stopped' },
  domainFailed: { id: 611, level: 'error', title: 'Password synchronization failed for a domain' },
  paused: { id: 613, level: 'info', title: 'Password synchronization is paused' },
  serverFailed: { id: 616, level: 'warning', title: 'A domain controller failed, the next one is used' },
  fullStartedForest: { id: 617, level: 'info', title: 'Full password synchronization of the forest started' },
  fullStarted: { id: 618, level: 'info', title: 'Full password synchronization of a domain started' },
  progress: { id: 619, level: 'info', title: 'Progress of a full password synchronization' },
  fullFailed: { id: 621, level: 'error', title: 'A full password synchronization could not be completed' },
  fullCompleted: { id: 622, level: 'info', title: 'Full password synchronization of a domain completed' },
  fullCompletedForest: { id: 623, level: 'info', title: 'Full password synchronization of the forest completed' },
  batchStarted: { id: 650, level: 'info', title: 'A batch of credentials is sent' },
  batchEnded: { id: 651, level: 'info', title: 'A batch of credentials was answered' },
  batchFailed: { id: 652, level: 'error', title: 'A batch of credentials failed' },
  heartbeatStarted: { id: 653, level: 'info', title: 'Heartbeat started' },
  heartbeatEnded: { id: 654, level: 'info', title: 'Heartbeat ended' },
  heartbeatFailed: { id: 655, level: 'error', title: 'Heartbeat failed' },
  request: { id: 656, level: 'info', title: 'Password change requests' },
  result: { id: 657, level: 'info', title: 'Password change results' },
  activationStarted: { id: 660, level: 'info', title: 'Password synchronization is switched on in the tenant' },
  activationEnded: { id: 661, level: 'info', title: 'Password synchronization is on in the tenant' },
  activationFailed: { id: 661, level: 'error', title: 'Password synchronization stays off in the tenant' },
  singleFailed: { id: 664, level: 'warning', title: 'A single account could not be read' },
  onlyDateChanged: { id: 668, level: 'info', title: 'Accounts whose date of password change alone changed' },
} as const;
export type PasswordEventName = keyof typeof passwordEvents;

export interface PasswordEvent {
  readonly name: PasswordEventName;
  readonly id: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly connector: string;
  readonly namingContext?: string;
  /** Plain JSON without any form of a password. */
  readonly facts: Readonly<Record<string, unknown>>;
}
export type PasswordEventSink = (event: PasswordEvent) => void;

/** Makes events of one connector. */
export function eventMaker(connector: string, now: () => number, sink: PasswordEventSink) {
  return (name: PasswordEventName, facts: PasswordEvent['facts'] = {}, namingContext?: string): void => {
    const at = now();
    sink({
      name,
      ...passwordEvents[name],
      at,
      connector,
      facts,
      ...(namingContext === undefined ? {} : { namingContext }),
    });
  };
}
export type EmitEvent = ReturnType<typeof eventMaker>;
