import { defaultLimits } from '../../../entra/limits.ts';
import type { TenantContext } from '../../context.ts';
import { RequestError } from '../../errors.ts';
import { objectsCounted } from '../../quota.ts';
import type { Body } from '../../store/objects.ts';
import { badRequest } from '../request.ts';

/** Throws if the object would have values of more directory extensions than it may (entra-directory s.4.2). */
export function refuseExtensionTooMany(body: Body): void {
  let count = 0;
  for (const name in body) if (name.startsWith('extension_') && body[name] !== null) count += 1;
  if (count <= defaultLimits.directoryExtensions) return;
  throw badRequest(`An object has values of at most ${defaultLimits.directoryExtensions} directory extensions.`);
}

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
