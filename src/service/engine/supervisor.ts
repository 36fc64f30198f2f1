/** Keeps the engine running. */
import { type PartState, Supervisor, type SupervisorOptions } from '../supervisor.ts';
import type { EngineThread } from './thread.ts';

export type EngineState = PartState;

export class EngineSupervisor extends Supervisor<EngineThread> {
  constructor(options: SupervisorOptions<EngineThread>) {
    super(options, {
      code: 'engine-down',
      name: 'The engine',
      meanwhile: 'Everything that can only be read is still shown.',
    });
  }
}
