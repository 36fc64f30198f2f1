/** Numbers, times and names as people read them. Pure. */

const grouped = new Intl.NumberFormat('en-US');
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `12,345`. */
export const count = (n: number): string => grouped.format(n);
/** `12.3K`, for narrow places. */
export const shortCount = (n: number): string => (Math.abs(n) < 10_000 ? grouped.format(n) : compact.format(n));
/** `1 object`, `2 objects`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** A duration in its largest sensible unit: `840 ms`, `12 s`, `3 min`, `2.5 h`, `4 days`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return '–';
  const abs = Math.abs(ms);
  if (abs < 1000) return `${Math.round(ms)} ms`;
  if (abs < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (abs < 120_000) return `${Math.round(ms / 1000)} s`;
  if (abs < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (abs < 172_800_000) return `${trim(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}
const trim = (n: number): string => n.toFixed(1).replace(/\.0$/, '');

/** `just now`, `3 min ago`, `in 12 min`. */
export function relative(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 5000) return ms < 0 ? 'in a moment' : 'just now';
  const spell = Math.abs(ms) < 10_000 ? `${Math.round(Math.abs(ms) / 1000)} s` : duration(Math.abs(ms));
  return ms < 0 ? `in ${spell}` : `${spell} ago`;
}

/** `2026-11-21 11:50:03 UTC`. */
export const exact = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** What a screen would not show: control, zero-width and odd space characters. */
const unseen = /[\p{Cc}\p{Cf}\u00a0\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u;
/** One character as something to be seen: `U+200B` if a screen would show nothing. */
export const visible = (character: string): string =>
  unseen.test(character)
    ? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    : character;

/** The sentences that do not name a command: beside a button, those only distract. */
export const withoutCommands = (text: string): string =>
  text
    .replace(/ \("causeway [^"]*"\)/g, '')
    .split(/(?<=\.) /)
    .filter((sentence) => !sentence.includes('"causeway '))
    .join(' ');

/** A long identifier with its middle left out. */
export function shorten(text: string, keep = 22): string {
  if (text.length <= keep) return text;
  const tail = Math.floor((keep - 1) / 2);
  return `${text.slice(0, keep - 1 - tail)}…${text.slice(-tail)}`;
}

/** `proxyAddresses` and `delta-import` as words for a title: `Delta import`. */
export const words = (name: string): string => {
  const spaced = name.replaceAll('-', ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** First part of a DN without its type: `CN=Bob,OU=x` is `Bob`. */
export const leafOf = (dn: string): string => /^[^=]+=((?:\\.|[^,\\])*)/.exec(dn)?.[1]?.replace(/\\(.)/g, '$1') ?? dn;

/** The container of a DN. */
export const containerOf = (dn: string): string => dn.replace(/^(?:\\.|[^,\\])*,/, '');

/** A duration field of the scheduler (`00:30:00`, `7.00:00:00`) in milliseconds. */
export function fieldMs(text: string): number {
  const m = /^(?:(\d+)\.)?(\d+):(\d+):(\d+)/.exec(text);
  if (!m) return Number.NaN;
  const [, d = '0', h, min, s] = m;
  return ((Number(d) * 24 + Number(h)) * 60 + Number(min)) * 60_000 + Number(s) * 1000;
}

export const atMs = (instant: string | number | null | undefined): number | undefined => {
  if (instant === null || instant === undefined) return undefined;
  const ms = typeof instant === 'number' ? instant : Date.parse(instant);
  return Number.isNaN(ms) ? undefined : ms;
};
