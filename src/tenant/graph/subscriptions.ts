import { type Product, productsOf, type Subscription, seatsOf, subscriptionsOf } from '../subscriptions.ts';
import { permissions, requireAny } from './permissions.ts';
import { withOptions } from './plain.ts';
import type { GraphPlane } from './plane.ts';
import {
  badRequest,
  type GraphAnswer,
  type GraphRequest,
  methodNotAllowed,
  notFound,
  notImplemented,
  type Segment,
  segmentNotFound,
} from './request.ts';

type Shown = Readonly<Record<string, unknown>> & { readonly id: string };
interface Resource {
  /** Of the collection, also after `$metadata#`. */
  readonly path: string;
  find(all: readonly Shown[], key: Segment): Shown | undefined;
}

/** /directory/subscriptions: what was bought (Graph: companySubscription). `first` is its own segment, with a key perhaps. */
export function answerSubscriptions(
  plane: GraphPlane,
  request: GraphRequest,
  first: Segment,
  rest: readonly Segment[],
): GraphAnswer {
  const all = subscriptionsOf(plane.context).map(subscription);
  if (first.key && first.key.name !== undefined && first.key.name !== 'commercesubscriptionid') {
    throw badRequest(`'${first.key.name}' is not a key of this resource.`);
  }
  const isAlternate = first.key?.name !== undefined;
  const resource: Resource = {
    path: 'directory/subscriptions',
    find: (list, { name }) => list.find((s) => (isAlternate ? s.commerceSubscriptionId : s.id) === name),
  };
  const keys = first.key ? [{ text: first.key.value, name: first.key.value.toLowerCase() }, ...rest] : rest;
  return answer(request, resource, all, keys);
}

/** /subscribedSkus: the same by product, with what of it is given away. */
export function answerSkus(plane: GraphPlane, request: GraphRequest, rest: readonly Segment[]): GraphAnswer {
  const { tenantId, displayName } = plane.context.company.state;
  const all = productsOf(plane.context).map((one) => product(tenantId, displayName, one));
  const find: Resource['find'] = (list, { name }) => list.find((s) => s.id === name);
  return answer(request, { path: 'subscribedSkus', find }, all, rest);
}

function answer(
  request: GraphRequest,
  resource: Resource,
  all: readonly Shown[],
  [key, ...more]: readonly Segment[],
): GraphAnswer {
  requireAny(request, permissions.readLicences);
  if (more[0]) throw segmentNotFound(more[0].text);
  if (key?.name.startsWith('$')) throw notImplemented(`/${resource.path}/${key.text}`);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const context = `${request.base}/$metadata#${resource.path}`;
  if (!key) return withOptions(request, { status: 200, body: { '@odata.context': context, value: all } });
  const found = resource.find(all, key);
  if (!found) throw notFound(key.text);
  return withOptions(request, { status: 200, body: { '@odata.context': `${context}/$entity`, ...found } });
}

const subscription = (s: Subscription): Shown => ({
  id: s.id,
  commerceSubscriptionId: s.commerceSubscriptionId,
  createdDateTime: s.createdDateTime,
  isTrial: s.isTrial,
  nextLifecycleDateTime: null,
  ownerId: null,
  ownerTenantId: null,
  ownerType: null,
  serviceStatus: [],
  skuId: s.skuId,
  skuPartNumber: s.skuPartNumber,
  status: s.status,
  totalLicenses: s.totalLicenses,
});

const product = (tenantId: string, accountName: string, p: Product): Shown => ({
  id: `${tenantId}_${p.skuId}`,
  accountId: tenantId,
  accountName,
  appliesTo: 'User',
  capabilityStatus: p.subscriptions.find((s) => s.status === 'Enabled')?.status ?? p.subscriptions[0]?.status ?? null,
  consumedUnits: p.consumed,
  prepaidUnits: {
    enabled: seatsOf(p.subscriptions, 'Enabled'),
    suspended: seatsOf(p.subscriptions, 'Suspended'),
    warning: seatsOf(p.subscriptions, 'Warning'),
    lockedOut: seatsOf(p.subscriptions, 'LockedOut'),
  },
  servicePlans: [],
  skuId: p.skuId,
  skuPartNumber: p.skuPartNumber,
  subscriptionIds: p.subscriptions.map((s) => s.id),
});
