/** All endpoints of the API. */
import { alertEndpoints } from '../alerts/endpoints.ts';
import { passwordEndpoints } from '../passwords/endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { configurationEndpoints } from './endpoints-configuration.ts';
import { consoleEndpoints } from './endpoints-console.ts';
import { objectEndpoints } from './endpoints-objects.ts';
import { planEndpoints } from './endpoints-plan.ts';
import { precheckEndpoints } from './endpoints-precheck.ts';
import { ruleEndpoints } from './endpoints-rules.ts';
import { runEndpoints } from './endpoints-runs.ts';
import { systemEndpoints } from './endpoints-system.ts';

export const endpoints: readonly Endpoint[] = [
  ...runEndpoints,
  ...objectEndpoints,
  ...planEndpoints,
  ...ruleEndpoints,
  ...configurationEndpoints,
  ...systemEndpoints,
  ...alertEndpoints,
  ...consoleEndpoints,
  ...precheckEndpoints,
  ...passwordEndpoints,
];
