/** What a person sees on a terminal: progress, tables, colours that also work without colour. */
import { styleText } from 'node:util';
import type { Progress } from '../sync/context.ts';

/** Text from directories is hostile: no control character reaches the terminal. */
export const plain = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

type Style = Parameters<typeof styleText>[0];
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout, validateStream: true });

/** State shapes of the console, usable without colour. */
export const marks = { ok: '●', warning: '▲', error: '■', none: '○', waiting: '◆' } as const;
export type Mark = keyof typeof marks;
const styles: Record<Mark, Style> = { ok: 'green', warning: 'yellow', error: 'red', none: 'gray', waiting: 'cyan' };
export const mark = (m: Mark): string => paint(styles[m], marks[m]);

/** Which mark a classic run status deserves. */
export const statusMark = (status: string): Mark =>
  /^(stopped|no-start)/.test(status)
    ? 'error'
    : /-errors$|-warnings$/.test(status)
      ? 'warning'
      : status === 'in-progress'
        ? 'waiting'
        : 'ok';

/** Columns aligned by width; cells are made plain. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((r) => r.map(plain));
  const widths = head.map((_, i) => Math.min(60, Math.max(...all.map((r) => (r[i] ?? '').length))));
  const line = (r: readonly string[]) =>
    r
      .map((c, i) => (c.length > widths[i]! ? `${c.slice(0, widths[i]! - 1)}…` : c.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [paint('bold', line(all[0]!)), ...all.slice(1).map(line)].join('\n');
}

/** Time in the largest sensible unit. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s.toFixed(1)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/** A bar on a terminal; on anything else one line when a step ends. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  #step = '';
  #started = 0;
  #drawn = 0;
  #last: Progress | undefined;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
  }

  update(progress: Progress): void {
    const now = performance.now();
    const step = `${progress.connector}: ${progress.step}`;
    if (step !== this.#step) {
      this.finish();
      this.#step = step;
      this.#started = now;
    }
    this.#last = progress;
    if (this.#isTerminal && now - this.#drawn > 80) {
      this.#drawn = now;
      this.#stream.write(`\r\u001b[2K${this.#text(now)}`);
    }
  }

  /** Ends the step that is shown. */
  finish(): void {
    if (this.#step === '') return;
    if (this.#isTerminal) this.#stream.write(`\r\u001b[2K${this.#text(performance.now())}\n`);
    else this.#stream.write(`${this.#text(performance.now())}\n`);
    this.#step = '';
  }

  #text(now: number): string {
    const { done, total, finishesAt } = this.#last ?? { done: 0 };
    const seconds = Math.max(0.001, (now - this.#started) / 1000);
    const rate = Math.round(done / seconds);
    const head = plain(this.#step).slice(0, 48).padEnd(48);
    if (total === undefined || total === 0) return `${head} ${done}  ${rate}/s`;
    const share = Math.min(1, done / total);
    const bar = '█'.repeat(Math.round(share * 20)).padEnd(20, '░');
    // What the target's limits allow is known better than what the rate so far promises.
    const whole = finishesAt === undefined ? 0 : finishesAt - Date.now();
    if (whole > 0) return `${head} ${bar} ${done}/${total}  ${rate}/s  ${duration(whole)} left of the export`;
    const left = share < 1 && rate > 0 ? `  ${duration(((total - done) / rate) * 1000)} left` : '';
    return `${head} ${bar} ${done}/${total}  ${rate}/s${left}`;
  }
}
