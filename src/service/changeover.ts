/**
 * Puts another configuration into force while the service runs. What the engine does is stopped at a safe point and begins
 * again afterwards; if the new configuration does not come up, the former one is put back and running.
 */
import { basename } from 'node:path';
import type { Actor } from '../health/audit.ts';
import {
  type ConfigurationEdit,
  configurationFile,
  hashOfText,
  type WrittenConfiguration,
} from './configuration/change.ts';
import { type LoadedConfiguration, loadConfiguration } from './configuration/configuration.ts';
import { replaceFile } from './configuration/write.ts';
import type { ConfigurationPlan } from './facts/configuration-plan.ts';
import type { House } from './house.ts';
import { Refusal } from './refusal.ts';

export interface ConfigurationAnswer extends ConfigurationPlan {
  /** Number of the version that is in force now. */
  readonly version: number;
}

export class Changeover {
  readonly #house: House;
  #isUnderWay = false;

  constructor(house: House) {
    this.#house = house;
  }

  /** What a change would do. Rejects with a Refusal for one that cannot be made. */
  preview(actor: Actor, edit: ConfigurationEdit): Promise<ConfigurationPlan> {
    return this.#house.parts.reader.ask('configurationPlan', actor, edit);
  }

  /** Makes a change and puts it into force. Rejects with a Refusal, and then the former configuration is in force. */
  async change(actor: Actor, edit: ConfigurationEdit, reason: string): Promise<ConfigurationAnswer> {
    if (this.#isUnderWay)
      throw new Refusal(
        'conflict',
        'Another change of the configuration is being put into force. Try again in a moment.',
        {
          code: 'change-under-way',
        },
      );
    this.#isUnderWay = true;
    try {
      const plan = await this.preview(actor, edit);
      await this.#house.room.queue.hold();
      try {
        return { ...plan, version: await this.#house.exclusively(() => this.#make(actor, edit, reason)) };
      } finally {
        this.#house.room.queue.release();
      }
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #make(actor: Actor, edit: ConfigurationEdit, reason: string): Promise<number> {
    const house = this.#house;
    const former = house.config;
    const change = { kind: 'change-configuration', edit, reason } as const;
    const written = (await house.changeNow(actor, change)) as WrittenConfiguration;
    // Comments alone put nothing else into force; who asks for a reload may have changed what is behind a reference.
    if (written.changes.length === 0 && edit.kind !== 'reload') return written.version;
    try {
      await this.#exchange(loadConfiguration(former.file));
    } catch (error) {
      await this.#takeBack(actor, former, written, error as Error);
    }
    house.tell('info', `Version ${written.version} of the configuration is in force.`, { who: actor.who });
    return written.version;
  }

  async #exchange(config: LoadedConfiguration): Promise<void> {
    await this.#house.down(config);
    await this.#house.up(config);
  }

  /** Never returns: tells why. */
  async #takeBack(
    actor: Actor,
    former: LoadedConfiguration,
    written: WrittenConfiguration,
    cause: Error,
  ): Promise<never> {
    const house = this.#house;
    const isOurs = configurationFile(former).hash === hashOfText(written.after);
    if (isOurs && written.after !== written.before) replaceFile(former.file, written.before);
    try {
      await this.#exchange(former);
    } catch (error) {
      house.room.supervisor.keepTrying(error as Error);
    }
    const isBack = house.room.supervisor.state.kind === 'running';
    const message = `The new configuration could not be put into force: ${cause.message} ${
      isBack
        ? 'The former one is back and in force.'
        : 'The former one is back in the file; the engine is started again with it.'
    }`;
    house.tell('error', message, { who: actor.who });
    if (isBack)
      await house.changeNow(actor, {
        kind: 'note',
        entry: {
          action: 'change-configuration',
          subject: basename(former.file),
          before: { hash: hashOfText(written.after) },
          after: { hash: hashOfText(written.before), reason: cause.message },
          outcome: 'configuration-taken-back',
        },
      });
    throw new Refusal('conflict', message, { code: 'configuration-taken-back' });
  }
}
