/**
 * Keeps the alerts of a running service: looks what is wrong, remembers since when, tells the channels. It works from
 * memory, so that it also tells that the engine is down; the engine writes down what it knows as soon as it can.
 */
import { afterTelling, dueNotices, type Notice, observe, type SeenAlert } from '../../health/alert-book.ts';
import { eventOf, type Message, mostEvents } from '../../health/delivery.ts';
import type { AlertRow, MuteRow } from '../../store/alerts.ts';
import type { Store } from '../../store/store.ts';
import type { Channel } from './channels.ts';

export interface AlertKeeperOptions {
  readonly store: Store;
  /** Those of the configuration in force. */
  readonly channels: () => readonly Channel[];
  /** What is wrong now; `unseen` names kinds that could not be looked for. */
  readonly look: () => { readonly seen: readonly SeenAlert[]; readonly unseen: ReadonlySet<AlertRow['kind']> };
  /** Has the engine write rows down. Rejects while there is none. */
  readonly persist: (rows: readonly AlertRow[]) => Promise<unknown>;
  /** Told when something was raised, resolved or told. */
  readonly changed: () => void;
  readonly failed: (error: Error) => void;
  readonly address: () => string;
  readonly now: () => number;
}

/** Milliseconds between two looks when nothing happens. */
const everyMs = 15_000;
/** Milliseconds that happenings are collected before a look. */
const collectMs = 300;
/** Milliseconds that a resolved alert is remembered for whoever was told of it, or for its coming back. */
const recentMs = 3_600_000;

export class AlertKeeper {
  readonly #options: AlertKeeperOptions;
  readonly #rows = new Map<number, AlertRow>();
  readonly #unsaved = new Set<number>();
  #nextId: number;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer is due; a later wish never puts off an earlier one. */
  #due = Number.POSITIVE_INFINITY;
  #work: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: AlertKeeperOptions) {
    this.#options = options;
    const { alerts } = options.store;
    for (const row of alerts.recent(options.now() - recentMs)) this.#rows.set(row.id, row);
    this.#nextId = alerts.lastId() + 1;
  }

  /** Begins to look. */
  begin(): void {
    this.#after(collectMs);
  }

  /** Something happened: looks soon. */
  soon(): void {
    if (!this.#isClosed) this.#after(collectMs);
  }

  /** One look now; resolves when everything that is due was told and written down, as far as possible. */
  look(): Promise<void> {
    this.#work = this.#work.then(() => this.#lookOnce()).catch((error: Error) => this.#options.failed(error));
    return this.#work;
  }

  /** Open alerts, newest first. */
  open(): AlertRow[] {
    return [...this.#rows.values()].filter((r) => r.resolved === null).reverse();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#work;
  }

  #after(ms: number): void {
    const due = performance.now() + ms;
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      void this.look().then(() => this.#isClosed || this.#after(everyMs));
    }, ms).unref();
  }

  async #lookOnce(): Promise<void> {
    const { look, now, changed } = this.#options;
    this.#heed();
    const { seen, unseen } = look();
    const moved = observe([...this.#rows.values()], seen, { now: now(), nextId: this.#nextId, unseen });
    for (const row of moved) this.#set(row);
    // Seen here at once, however long a receiver takes.
    await this.#save();
    if (moved.length > 0) changed();
    await this.#tell();
    await this.#save();
    for (const [id, row] of this.#rows)
      if (row.resolved !== null && now() - row.resolved > recentMs && !this.#unsaved.has(id)) this.#rows.delete(id);
  }

  /** What people said meanwhile. */
  #heed(): void {
    for (const { id, acknowledged } of this.#options.store.alerts.open()) {
      const row = this.#rows.get(id);
      if (row && row.acknowledged !== acknowledged) this.#rows.set(id, { ...row, acknowledged });
    }
  }

  #mutes(): MuteRow[] {
    return this.#options.store.alerts.mutes(this.#options.now());
  }

  async #tell(): Promise<void> {
    const mutes = this.#mutes();
    await Promise.all(
      this.#options.channels().map(async (channel) => {
        const due = dueNotices([...this.#rows.values()], mutes, channel, this.#options.now());
        for (let at = 0; at < due.length; at += mostEvents) {
          if (!(await this.#deliver(channel, due.slice(at, at + mostEvents)))) return;
        }
      }),
    );
  }

  async #deliver(channel: Channel, notices: readonly Notice[]): Promise<boolean> {
    const { now, address } = this.#options;
    const message: Message = {
      version: 1,
      service: address(),
      sent: new Date(now()).toISOString(),
      events: notices.map(eventOf),
    };
    if (!(await channel.courier.send(message))) return false;
    for (const notice of notices) {
      // Another channel may have taken its notice meanwhile.
      const alert = this.#rows.get(notice.alert.id) ?? notice.alert;
      this.#set(afterTelling({ kind: notice.kind, alert }, channel.channel, now()));
    }
    return true;
  }

  #set(row: AlertRow): void {
    this.#rows.set(row.id, row);
    this.#unsaved.add(row.id);
    this.#nextId = Math.max(this.#nextId, row.id + 1);
  }

  async #save(): Promise<void> {
    const ids = [...this.#unsaved];
    if (ids.length === 0) return;
    const rows = ids.flatMap((id) => this.#rows.get(id) ?? []);
    try {
      await this.#options.persist(rows);
    } catch (error) {
      // The engine is down: what is kept here is written down when it is back.
      if ((error as { code?: unknown }).code === undefined) throw error;
      return;
    }
    for (const row of rows) if (this.#rows.get(row.id) === row) this.#unsaved.delete(row.id);
  }
}
