import type { TenantContext } from '../../context.ts';
import { RequestError } from '../../errors.ts';
import { objectsCounted } from '../../quota.ts';

/** Throws if the tenant holds all the objects it may (entra-directory s.4.3). */
export function refuseOverQuota(context: TenantContext): void {
  const quota = context.company.state.switches.objectQuota;
  if (quota === 0 || objectsCounted(context) < quota) return;
  throw new RequestError(
    403,
    'Directory_QuotaExceeded',
    'The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.',
  );
}
