import type { SettingStore } from './store/settings.ts';

/** The tenant's time: the outer clock plus what it was moved by. The shift survives a restart. */
export interface TenantClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** ISO 8601 UTC in whole seconds, the form Graph writes. */
  iso(): string;
  /** Moves the clock forward. Throws for a negative number: tokens and delta states would come alive again. */
  advance(milliseconds: number): void;
}

export function createClock(outer: () => number, settings: SettingStore): TenantClock {
  let shift = Number(settings.get('clockShift') ?? 0);
  let formatted = { second: -1, text: '' };
  return {
    now: () => outer() + shift,
    iso() {
      const second = Math.floor((outer() + shift) / 1000);
      if (formatted.second !== second) formatted = { second, text: isoSeconds(second * 1000) };
      return formatted.text;
    },
    advance(milliseconds) {
      if (!(milliseconds >= 0) || !Number.isFinite(milliseconds)) {
        throw new RangeError(
          'The clock of the tenant only moves forward; give a number of milliseconds of at least 0.',
        );
      }
      shift += milliseconds;
      settings.set('clockShift', shift);
    },
  };
}

/** 2026-01-31T10:20:30Z */
export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
