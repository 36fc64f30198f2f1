/** A configuration that says where the state is, and nothing else. */
import type { LoadedConfiguration } from '../../src/service/configuration/configuration.ts';

export const bareConfiguration = (directory: string): LoadedConfiguration =>
  ({ file: 'causeway.yaml', directory, settings: { stateDirectory: '.' } }) as LoadedConfiguration;
