/** Several pages under way at a time, so that reading, transforming and uploading do not wait for one another. */
import type { PasswordPage } from './contract.ts';

/** While one page uploads the next one is transformed and the one after it is read. */
const pagesUnderWay = 2;

interface UnderWay {
  readonly users: ReadonlySet<string>;
  /** Settles when the page is written and released. */
  readonly done: Promise<void>;
}

/** Keeps the order that matters: pages are finished in turn, and a user is never in two of them at a time. */
export class PageLane {
  readonly #underWay: UnderWay[] = [];

  /** The pages; whatever ends them, those under way are waited for, and the first failure is the one that is thrown. */
  async *guard(pages: AsyncIterable<PasswordPage>): AsyncGenerator<PasswordPage> {
    let failure: { readonly error: unknown } | undefined;
    try {
      yield* pages;
    } catch (error) {
      failure = { error };
    }
    // Of two failures that of a page comes first: reading went on beyond it.
    for (const { done } of this.#underWay.splice(0)) await done;
    if (failure) throw failure.error;
  }

  /**
   * Starts work on a page as soon as there is room and none of its users is in another page. `work` gets the page before
   * it, which it has to wait for before it writes. Throws what an earlier page failed with, and then does not start.
   */
  async add(page: PasswordPage, work: (before: Promise<void>) => Promise<void>): Promise<void> {
    const users = page.accounts.map((a) => a.objectGuid);
    try {
      while (this.#underWay.length >= pagesUnderWay || this.#underWay.some((p) => users.some((u) => p.users.has(u))))
        await this.#first();
    } catch (error) {
      page.release();
      await Promise.allSettled(this.#underWay.splice(0).map((p) => p.done));
      throw error;
    }
    const before = this.#underWay.at(-1)?.done ?? Promise.resolve();
    const done = work(before).finally(() => page.release());
    // It is awaited in its turn; until then a failure must not count as unhandled.
    done.catch(() => undefined);
    this.#underWay.push({ users: new Set(users), done });
  }

  async #first(): Promise<void> {
    await this.#underWay.shift()?.done;
  }
}
