import type { Licence } from '../entra/objects.ts';
import type { Body } from './store/objects.ts';

export interface Sku {
  readonly skuId: string;
  readonly skuPartNumber: string;
  /** Whether a mailbox comes with it. */
  readonly exchange: boolean;
}

/** Exchange Online (Plan 2): what `exchange` means in a seed. */
export const exchangeSku = '19ec0d23-8335-4cbd-94ac-6050e30712fa';
/** The subscriptions of the tenant [M]. Only whether a mailbox belongs to them changes its behaviour. */
export const knownSkus: readonly Sku[] = [
  { skuId: exchangeSku, skuPartNumber: 'EXCHANGEENTERPRISE', exchange: true },
  { skuId: '06ebc4ee-1bb5-47dd-8120-11324bc54e06', skuPartNumber: 'SPE_E5', exchange: true },
  { skuId: '078d2b04-f1bd-4111-bbd4-b4b1b354cef4', skuPartNumber: 'AAD_PREMIUM', exchange: false },
];

/** The body with these subscriptions assigned; `exchange` stands for Exchange Online. */
export function licensedBody(body: Body, licences: readonly string[]): Body {
  if (licences.length === 0) return body;
  const assignedLicenses = licences.map((name) => ({
    skuId: name.toLowerCase() === 'exchange' ? exchangeSku : name.toLowerCase(),
    disabledPlans: [],
  }));
  return { ...body, assignedLicenses };
}

const withMailbox = new Set(knownSkus.filter((sku) => sku.exchange).map((sku) => sku.skuId));

/** How far the object's subscriptions change what the tenant does with its addresses (entra-directory s.2.4). */
export function licenceOf(body: Body): Licence {
  const assigned = (body.assignedLicenses ?? []) as readonly { skuId?: string }[];
  if (assigned.length === 0) return 'none';
  return assigned.some((licence) => withMailbox.has(licence.skuId ?? '')) ? 'exchange' : 'other';
}
