/**
 * The lane: the five stations of an object's way as data, and as text for terminals and documentation. The state has a
 * shape, so that it can be read without colour.
 */

export type LaneState = 'ok' | 'warning' | 'error' | 'none' | 'waiting';
export const laneShapes: Readonly<Record<LaneState, string>> = {
  ok: '●',
  warning: '▲',
  error: '■',
  none: '○',
  waiting: '◆',
};
export type StationName = 'source' | 'source-space' | 'metaverse' | 'target-space' | 'cloud';

export interface Station {
  readonly station: StationName;
  readonly title: string;
  readonly state: LaneState;
  /** What is there, in few words. */
  readonly detail: string;
  /** ISO instant of the last thing that happened here. */
  readonly time?: string;
}
export interface Lane {
  readonly stations: readonly Station[];
  /** The station that is not reached although the one before it is; absent if the way is open. */
  readonly brokenBefore?: StationName;
}

/** Marks the first link that leads from something to nothing or to an error. */
export function lane(stations: readonly Station[]): Lane {
  const broken = stations.find(
    (s, i) => i > 0 && (s.state === 'none' || s.state === 'error') && stations[i - 1]!.state !== 'none',
  );
  return broken ? { stations, brokenBefore: broken.station } : { stations };
}

/** How text is dressed. The default changes nothing but control characters, so that it is safe for any terminal. */
export interface TextStyle {
  plain(text: string): string;
  state(state: LaneState): string;
  strong(text: string): string;
  faint(text: string): string;
}
export const plainStyle: TextStyle = {
  // Text from directories is hostile: neither control characters nor those that turn the direction of writing.
  plain: (text) =>
    text.replace(
      /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  state: (state) => laneShapes[state],
  strong: (text) => text,
  faint: (text) => text,
};

const cell = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);

/** The lane in four lines: stations, shapes, what is there, since when. */
export function laneText(lane: Lane, style: TextStyle = plainStyle): string {
  const { stations, brokenBefore } = lane;
  const widths = stations.map((s) => Math.min(28, Math.max(s.title.length, s.detail.length, s.time ? 20 : 0, 12) + 2));
  const row = (pick: (s: Station) => string) =>
    stations
      .map((s, i) => cell(style.plain(pick(s)), widths[i]! - 2))
      .join('  ')
      .trimEnd();
  const line = stations
    .map((s, i) => {
      const next = stations[i + 1];
      if (!next) return style.state(s.state);
      const isBroken = next.station === brokenBefore;
      const rest = widths[i]! - 1;
      const bar = isBroken
        ? `${'─'.repeat(Math.floor(rest / 2))}╳${'─'.repeat(rest - 1 - Math.floor(rest / 2))}`
        : '─'.repeat(rest);
      return `${style.state(s.state)}${s.state === 'none' && next.state === 'none' ? ' '.repeat(rest) : bar}`;
    })
    .join('');
  const times = row((s) => (s.time ? `${s.time.slice(0, 16).replace('T', ' ')}Z` : ''));
  return [style.strong(row((s) => s.title)), line, row((s) => s.detail), ...(times ? [style.faint(times)] : [])].join(
    '\n',
  );
}
