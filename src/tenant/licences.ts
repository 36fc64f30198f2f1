import type { Licence } from '../entra/objects.ts';
import type { Body } from './store/objects.ts';

/** Exchange Online (Plan 2): the subscription that stands here for everything with a mailbox. */
export const exchangeSku = '19ec0d23-8335-4cbd-94ac-6050e30712fa';

/** The body with these subscriptions assigned; `exchange` stands for Exchange Online. */
export function licensedBody(body: Body, licences: readonly string[]): Body {
  if (licences.length === 0) return body;
  const assignedLicenses = licences.map((name) => ({
    skuId: name.toLowerCase() === 'exchange' ? exchangeSku : name.toLowerCase(),
    disabledPlans: [],
  }));
  return { ...body, assignedLicenses };
}

/** How far the object's subscriptions change what the tenant does with its addresses (entra-directory s.2.4). */
export function licenceOf(body: Body): Licence {
  const assigned = (body.assignedLicenses ?? []) as readonly { skuId?: string }[];
  if (assigned.length === 0) return 'none';
  return assigned.some((licence) => licence.skuId === exchangeSku) ? 'exchange' : 'other';
}
