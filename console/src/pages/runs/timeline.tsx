/** The steps of a cycle on one time axis: where the time went, what each step changed. */
import { Link } from 'wouter';
import type { Run } from '../../api/generated.ts';
import { Shape } from '../../ui/shape.tsx';
import { duration } from '../../ui/text.ts';
import { ChangeNumbers } from './changes.tsx';
import { changesOf, profileTitle, stateOf } from './run-text.ts';

export function Timeline(props: { runs: readonly Run[]; current?: number }) {
  const starts = props.runs.map((r) => Date.parse(r.started));
  const ends = props.runs.map((r) => (r.ended ? Date.parse(r.ended) : Date.now()));
  const from = Math.min(...starts);
  const span = Math.max(1, Math.max(...ends) - from);
  return (
    <ol className="timeline">
      {props.runs.map((r, i) => {
        const left = (((starts[i] ?? from) - from) / span) * 100;
        const width = Math.max(0.6, (((ends[i] ?? from) - (starts[i] ?? from)) / span) * 100);
        return (
          <li key={r.id}>
            <Link
              href={`/runs/${r.id}`}
              className="timeline-row"
              aria-current={r.id === props.current ? 'step' : undefined}
            >
              <span className="timeline-name">
                <Shape state={stateOf(r.severity)} label={r.title} />
                <span className="timeline-text">
                  <span className="strong">{profileTitle(r.profile)}</span>
                  <span className="soft"> {r.connector ?? 'all connectors'}</span>
                </span>
              </span>
              <span className="timeline-bar" aria-hidden="true">
                <span
                  className={`timeline-fill timeline-${r.severity}`}
                  style={{ left: `${Math.min(left, 99.4)}%`, width: `${Math.min(width, 100 - Math.min(left, 99.4))}%` }}
                />
              </span>
              <span className="timeline-number soft">{r.durationMs === null ? 'running' : duration(r.durationMs)}</span>
              <span className="timeline-changes">
                <ChangeNumbers changes={changesOf(r.counters)} />
              </span>
            </Link>
          </li>
        );
      })}
    </ol>
  );
}
