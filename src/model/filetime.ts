/** Windows FILETIME: 100 ns ticks since 1601-01-01 UTC (MS-DTYP s.2.3.3), as decimal text in LDAP. */
const epochOffsetMs = 11_644_473_600_000n;

/** Milliseconds since 1970 of a FILETIME, rounded down. */
export const filetimeToMs = (ticks: bigint): number => Number(ticks / 10_000n - epochOffsetMs);
/** FILETIME of an instant in milliseconds since 1970. */
export const msToFiletime = (ms: number): bigint => (BigInt(Math.trunc(ms)) + epochOffsetMs) * 10_000n;

/** Milliseconds since 1970 of an LDAP generalized time such as 20261121070208.0Z; undefined if it is none. */
export function generalizedTimeToMs(text: string): number | undefined {
  const m = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,](\d+))?(Z|[+-]\d{4})$/.exec(text);
  if (!m) return undefined;
  const ms = Date.UTC(
    +m[1]!,
    +m[2]! - 1,
    +m[3]!,
    +m[4]!,
    +m[5]!,
    +(m[6] ?? 0),
    Math.floor(Number(`0.${m[7] ?? 0}`) * 1000),
  );
  const zone = m[8]!;
  if (zone === 'Z') return ms;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return ms - (zone[0] === '-' ? -minutes : minutes) * 60_000;
}

/** Generalized time of an instant in whole seconds, in the form Active Directory writes: 20261121070208.0Z. */
export function msToGeneralizedTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}.0Z`;
}
