/** A small time chart: axis labels with units, no decoration; hover shows the values, a click opens the run. */
import { useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { exact } from './text.ts';

export interface Series {
  readonly label: string;
  /** Number of a chart colour token. */
  readonly tone: 1 | 2 | 3 | 4;
  readonly values: readonly (number | null)[];
}
export interface ChartProps {
  readonly label: string;
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  /** Milliseconds since 1970: the earliest instant that could be drawn. */
  readonly since: number;
  readonly onOpen?: (index: number) => void;
}

/** A young service has a short past: less than this is not stretched over the chart. Milliseconds. */
const shortest = 10 * 60_000;
const dayMs = 86_400_000;

/** First and last instant of the axis, in seconds. */
function spanOf(props: ChartProps): [number, number] {
  const now = Date.now();
  const first = Math.min(props.times[0] ?? now, now - shortest);
  const begin = Math.max(props.since, first - (now - first) * 0.04);
  return [begin / 1000, (now + (now - begin) * 0.02) / 1000];
}

const token = (element: Element, name: string): string => getComputedStyle(element).getPropertyValue(name).trim();

/** Canvas knows no `light-dark()`; an element resolves it. */
function color(host: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${name})`;
  host.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const open = useRef(props.onOpen);
  open.current = props.onOpen;
  const [index, setIndex] = useState<number | null>(null);
  const [themeCount, setThemeCount] = useState(0);
  useEffect(() => {
    const changed = () => setThemeCount((n) => n + 1);
    const observer = new MutationObserver(changed);
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const media = matchMedia('(prefers-color-scheme: dark)');
    media.addEventListener('change', changed);
    return () => {
      observer.disconnect();
      media.removeEventListener('change', changed);
    };
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of theme draws the chart anew
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const plot = new uPlot(
      optionsOf(element, props, setIndex),
      [props.times.map((t) => t / 1000), ...props.series.map((s) => [...s.values])],
      element,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: chartHeight }));
    resize.observe(element);
    const click = () => {
      const at = plot.cursor.idx;
      if (at !== null && at !== undefined) open.current?.(at);
    };
    plot.over.addEventListener('click', click);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [props.times, props.series, props.format, props.since, themeCount]);
  const shown = index ?? props.times.length - 1;
  return (
    <figure className="chart">
      <figcaption className="chart-legend">
        {props.series.map((s) => (
          <span key={s.label} className="chart-key">
            <span className={`chart-swatch chart-tone-${s.tone}`} aria-hidden="true" />
            {s.label}
            <span className="strong">{valueAt(s, shown, props.format)}</span>
          </span>
        ))}
        <span className="soft chart-at">
          {props.times[shown] !== undefined && `${exact(props.times[shown] ?? 0).slice(0, 16)} UTC`}
        </span>
      </figcaption>
      <div ref={host} className="chart-host" role="img" aria-label={`${props.label}: ${summary(props)}`} />
    </figure>
  );
}

const chartHeight = 168;
const valueAt = (s: Series, i: number, format: (n: number) => string): string => {
  const v = s.values[i];
  return v === null || v === undefined ? '–' : format(v);
};

/** The chart in words: last and highest value of each line. */
function summary(props: ChartProps): string {
  return props.series
    .map((s) => {
      const known = s.values.filter((v) => v !== null);
      const last = known.at(-1);
      return last === undefined
        ? `${s.label} none`
        : `${s.label} last ${props.format(last)}, highest ${props.format(Math.max(...known))}`;
    })
    .join('; ');
}

function optionsOf(host: HTMLElement, props: ChartProps, setIndex: (i: number | null) => void): uPlot.Options {
  const axis = color(host, '--text-soft');
  const line = color(host, '--line');
  const font = `12px ${token(host, '--font') || 'sans-serif'}`;
  const [begin, end] = spanOf(props);
  const isLong = (end - begin) * 1000 > 2 * dayMs;
  return {
    width: host.clientWidth || 480,
    height: chartHeight,
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true, range: [begin, end] }, y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.1)] } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    axes: [
      {
        stroke: axis,
        font,
        grid: { show: false },
        ticks: { stroke: line, size: 4 },
        size: 28,
        space: 64,
        values: (_u, splits) =>
          splits.map((s) => (isLong ? exact(s * 1000).slice(5, 10) : exact(s * 1000).slice(11, 16))),
      },
      {
        stroke: axis,
        font,
        size: 62,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (_u, splits) => splits.map((v) => props.format(v)),
      },
    ],
    series: [
      {},
      ...props.series.map((s) => {
        const stroke = color(host, `--chart-${s.tone}`);
        return {
          label: s.label,
          stroke,
          width: 1.75,
          spanGaps: true,
          points: { show: props.times.length < 40, size: 5, fill: stroke },
        };
      }),
    ],
    hooks: { setCursor: [(u) => setIndex(u.cursor.idx ?? null)] },
  };
}
