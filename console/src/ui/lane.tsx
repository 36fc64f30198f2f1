/** The lane: the five stations of an object's way on one line, the first broken link marked. Our signature. */
import type { Lane as LaneData, Station } from '../api/types.ts';
import { Shape, stateWord } from './shape.tsx';
import { Time } from './time.tsx';

const hints: Readonly<Record<Station['station'], string>> = {
  source: 'Directory',
  'source-space': 'Staged',
  metaverse: 'Identity',
  'target-space': 'Pending',
  cloud: 'Cloud',
};

/** `onSelect` makes the stations buttons; `selected` is the one whose values are shown below. */
export function Lane(props: {
  lane: LaneData;
  selected?: Station['station'] | undefined;
  onSelect?: ((station: Station['station']) => void) | undefined;
  compact?: boolean;
}) {
  const { stations, brokenBefore } = props.lane;
  return (
    <ol className={props.compact ? 'lane lane-compact' : 'lane'} aria-label={laneSentence(props.lane)}>
      {stations.map((s, i) => (
        <li key={s.station} className={linkClass(stations, i, brokenBefore)}>
          {props.onSelect ? (
            <button
              type="button"
              className="lane-station"
              aria-pressed={props.selected === s.station}
              onClick={() => props.onSelect?.(s.station)}
            >
              <StationBody station={s} />
            </button>
          ) : (
            <div className="lane-station">
              <StationBody station={s} />
            </div>
          )}
          {s.station === brokenBefore && <span className="lane-break" title="The first link that does not hold" />}
        </li>
      ))}
    </ol>
  );
}

function StationBody(props: { station: Station }) {
  const { station: s } = props;
  return (
    <>
      <span className="lane-dot">
        <Shape state={s.state} size={16} />
      </span>
      <span className="lane-hint">{hints[s.station]}</span>
      <span className="lane-title">{s.title}</span>
      <span className="lane-detail">{s.detail}</span>
      {s.time && (
        <span className="lane-time">
          <Time at={s.time} />
        </span>
      )}
    </>
  );
}

function linkClass(stations: readonly Station[], i: number, brokenBefore: string | undefined): string {
  const previous = stations[i - 1];
  if (!previous) return 'lane-item lane-first';
  if (stations[i]?.station === brokenBefore) return 'lane-item lane-broken';
  return previous.state === 'none' || stations[i]?.state === 'none' ? 'lane-item lane-open' : 'lane-item';
}

/** The lane read aloud. */
export const laneSentence = (lane: LaneData): string =>
  lane.stations.map((s) => `${s.title}: ${stateWord(s.state)}, ${s.detail}`).join('; ');
