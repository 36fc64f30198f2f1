import { createHash } from 'node:crypto';
import { tenantLimits } from '../entra/limits.ts';
import { isGuidText } from '../model/guid.ts';
import type { TenantContext } from './context.ts';
import { knownSkus } from './licences.ts';
import { propertyNumber } from './store/properties.ts';

export const subscriptionStates = ['Enabled', 'Warning', 'Suspended', 'Deleted', 'LockedOut'] as const;
export type SubscriptionState = (typeof subscriptionStates)[number];

/** What the tenant has bought: so many seats of a product. */
export interface Subscription {
  readonly id: string;
  readonly commerceSubscriptionId: string;
  readonly skuId: string;
  readonly skuPartNumber: string;
  readonly totalLicenses: number;
  readonly isTrial: boolean;
  readonly status: SubscriptionState;
  readonly createdDateTime: string;
}
export interface SubscriptionSeed {
  /** Id or part number of a product that the tenant knows, or any id together with a part number. */
  readonly sku: string;
  readonly skuPartNumber?: string | undefined;
  readonly totalLicenses?: number | undefined;
  readonly isTrial?: boolean | undefined;
  readonly status?: SubscriptionState | undefined;
}

/** Seats of a subscription when nobody said how many. */
const manySeats = 1_000_000;
const settingName = 'subscriptions';

/** The tenant's subscriptions: one of each known product, until a seed names others. */
export function subscriptionsOf(context: TenantContext): readonly Subscription[] {
  const stored = context.settings.get(settingName) as Subscription[] | undefined;
  return stored ?? knownSkus.map((sku, i) => make(context, { sku: sku.skuId }, i));
}

/** Adds the seed's subscriptions; the first that are named take the place of those of a fresh tenant. Throws an Error. */
export function addSubscriptions(context: TenantContext, seeds: readonly SubscriptionSeed[]): void {
  if (seeds.length === 0) return;
  const before = (context.settings.get(settingName) ?? []) as Subscription[];
  const all = [...before, ...seeds.map((seed, i) => make(context, seed, before.length + i))];
  if (all.length > tenantLimits.subscriptions) {
    throw new Error(
      `A tenant has at most ${tenantLimits.subscriptions} licensed subscriptions; with those of the seed there would be ${all.length}.`,
    );
  }
  context.settings.set(settingName, all);
}
export const forgetSubscriptions = (context: TenantContext): void => context.settings.remove(settingName);

function make(context: TenantContext, seed: SubscriptionSeed, number: number): Subscription {
  const wanted = seed.sku.toLowerCase();
  const known = knownSkus.find((sku) => sku.skuId === wanted || sku.skuPartNumber.toLowerCase() === wanted);
  const skuPartNumber = seed.skuPartNumber ?? known?.skuPartNumber;
  if (!known && (skuPartNumber === undefined || !isGuidText(wanted))) {
    throw new Error(
      `The seed's subscription of '${seed.sku}' needs the id of a product as sku and a skuPartNumber: the tenant does not know this product.`,
    );
  }
  const { tenantId, createdDateTime } = context.company.state;
  return {
    id: idFor(`${tenantId} subscription ${wanted} ${number}`),
    commerceSubscriptionId: idFor(`${tenantId} commerce ${wanted} ${number}`),
    skuId: known?.skuId ?? wanted,
    skuPartNumber: String(skuPartNumber),
    totalLicenses: seed.totalLicenses ?? manySeats,
    isTrial: seed.isTrial ?? false,
    status: seed.status ?? 'Enabled',
    createdDateTime,
  };
}

/** Always the same id for the same subscription: those of a fresh tenant are written down nowhere. */
function idFor(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** One product with the seats of all its subscriptions. */
export interface Product {
  readonly skuId: string;
  readonly skuPartNumber: string;
  readonly subscriptions: readonly Subscription[];
  /** Seats that can be given away. */
  readonly seats: number;
  readonly consumed: number;
}

const assignedSku = propertyNumber('user', 'assignedSku') as number;

export function productsOf(context: TenantContext): Product[] {
  const bySku = new Map<string, Subscription[]>();
  for (const subscription of subscriptionsOf(context)) {
    if (subscription.status === 'Deleted') continue;
    bySku.set(subscription.skuId, [...(bySku.get(subscription.skuId) ?? []), subscription]);
  }
  return [...bySku].map(([skuId, subscriptions]) => ({
    skuId,
    skuPartNumber: subscriptions[0]!.skuPartNumber,
    subscriptions,
    seats: seatsOf(subscriptions, 'Enabled') + seatsOf(subscriptions, 'Warning'),
    consumed: consumedOf(context, skuId),
  }));
}

export const seatsOf = (subscriptions: readonly Subscription[], status: SubscriptionState): number =>
  subscriptions.filter((s) => s.status === status).reduce((sum, s) => sum + s.totalLicenses, 0);

/** Live users with a licence of the product. */
function consumedOf({ db }: TenantContext, skuId: string): number {
  const row = db.sql('SELECT count(*) AS n FROM lookup WHERE property = ? AND value = ?').get(assignedSku, skuId);
  return (row as { n: number }).n;
}
