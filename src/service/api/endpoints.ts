/** All endpoints of the API. */
import type { Endpoint } from './endpoint.ts';
import { objectEndpoints } from './endpoints-objects.ts';
import { ruleEndpoints } from './endpoints-rules.ts';
import { runEndpoints } from './endpoints-runs.ts';
import { systemEndpoints } from './endpoints-system.ts';

export const endpoints: readonly Endpoint[] = [
  ...runEndpoints,
  ...objectEndpoints,
  ...ruleEndpoints,
  ...systemEndpoints,
];
