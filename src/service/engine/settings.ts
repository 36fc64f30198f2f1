/** Settings of the engine that live in the store and can be changed while it runs. */
import type { SettingStore } from '../../scheduler/fields.ts';
import type { Store } from '../../store/store.ts';

/** A switch; what was never set is as the configuration says. */
export const flagSetting = (records: Pick<SettingStore, 'setting'>, name: string, otherwise: boolean): boolean => {
  const value = records.setting(name);
  return value === undefined ? otherwise : value === 'true';
};

export const thresholdSetting = 'ExportDeletionThreshold';

/** Most deletes of one export; 0: no limit. */
export const deletionThreshold = (records: Pick<SettingStore, 'setting'>, otherwise: number): number =>
  Number(records.setting(thresholdSetting) ?? otherwise);

/** Name of the setting that holds the approval of one plan of deletes. */
const approvalKey = (hash: string): string => `approved:${hash}`;

export const isApproved = (store: Store, hash: string): boolean =>
  store.records.setting(approvalKey(hash)) !== undefined;

export interface Approval {
  readonly who: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}
export function approvalOf(store: Store, hash: string): Approval | undefined {
  const text = store.records.setting(approvalKey(hash));
  return text === undefined ? undefined : (JSON.parse(text) as Approval);
}

/** Approves exactly the set of deletes that has this hash (law 5). */
export function approve(store: Store, hash: string, who: string, now: number): void {
  store.records.setSetting(approvalKey(hash), JSON.stringify({ who, time: now }));
  store.records.journal(now, null, 'deletes-approved', null, null, JSON.stringify({ hash, who }));
}
export const withdrawApproval = (store: Store, hash: string): void => store.records.removeSetting(approvalKey(hash));
