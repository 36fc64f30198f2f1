import type { TenantClock } from './clock.ts';
import type { Company } from './company.ts';
import type { Random } from './random.ts';
import type { Database } from './store/database.ts';
import type { LinkStore } from './store/links.ts';
import type { ObjectStore } from './store/objects.ts';
import type { Past } from './store/past.ts';
import type { SettingStore } from './store/settings.ts';

/** What every part of the tenant works with. */
export interface TenantContext {
  readonly db: Database;
  readonly objects: ObjectStore;
  readonly links: LinkStore;
  /** For reads that may be stale. */
  readonly past: Past;
  readonly settings: SettingStore;
  readonly company: Company;
  readonly clock: TenantClock;
  readonly random: Random;
  /** Told of errors that are defects of the tenant: they answer 500 and must not get lost. */
  readonly report: (error: unknown) => void;
  /** Runs the function in one transaction; nothing of it stays if it throws. */
  write<T>(run: () => T): T;
}
