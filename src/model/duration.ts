/** Milliseconds of a duration such as 30m, 10s or 00:30:00. */
export function durationMs(text: string): number {
  const short = /^(\d+)(ms|s|m|h|d)$/.exec(text);
  if (short) return Number(short[1]) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[short[2] as 's']!;
  const long = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})$/.exec(text);
  if (!long) throw new RangeError(`${text} is not a duration`);
  return ((Number(long[1] ?? 0) * 24 + Number(long[2])) * 3600 + Number(long[3]) * 60 + Number(long[4])) * 1000;
}

/** A duration as Get-ADSyncScheduler writes it: d.HH:mm:ss. */
export function durationText(ms: number): string {
  const s = Math.round(ms / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const days = Math.floor(s / 86400);
  return `${days > 0 ? `${days}.` : ''}${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}
