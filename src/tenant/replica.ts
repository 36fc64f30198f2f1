/**
 * A tenant in memory that stands for another one: the same Graph plane over what is known of that one's objects. They are put
 * in when a request first mentions one of their keys, because most of a large tenant is never asked for.
 */
import { freshFeatures } from '../entra/features.ts';
import { smtpKey, upnKey } from '../entra/keys.ts';
import { addressesOf, type CloudObject, type DirectoryIndex, textOf } from '../entra/objects.ts';
import type { Replica, ReplicaExtension, ReplicaFacts } from '../entra/replica.ts';
import { createClock } from './clock.ts';
import { type Company, type CompanyState, defaultSwitches, openCompany } from './company.ts';
import type { TenantContext } from './context.ts';
import { defineExtension, extensionTargets, extensionTypes } from './extensions.ts';
import { removeObject } from './graph/objects.ts';
import { pageTokens } from './graph/page-token.ts';
import { permissions } from './graph/permissions.ts';
import type { GraphPlane } from './graph/plane.ts';
import { answerGraph } from './graph/route.ts';
import { createThrottle } from './graph/throttle.ts';
import { objectsCounted } from './quota.ts';
import { createRandom } from './random.ts';
import { openDatabase } from './store/database.ts';
import { LinkStore } from './store/links.ts';
import { ObjectStore } from './store/objects.ts';
import { Past } from './store/past.ts';
import { SettingStore } from './store/settings.ts';
import type { Principal } from './tokens/principal.ts';

/** Whoever asks may do everything that any app may do: what the real one is not allowed shows before an export begins. */
const everything: Principal = {
  appId: '00000000-0000-0000-0000-000000000000',
  objectId: '00000000-0000-0000-0000-000000000000',
  kind: 'app',
  permissions: new Set([
    ...(['user', 'group', 'contact', 'device', 'directoryRole'] as const).flatMap((kind) => [
      ...permissions.read(kind),
      ...permissions.write(kind),
    ]),
    ...permissions.readOrganization,
    ...permissions.readSync,
    ...permissions.password,
  ]),
};
const verdict = { kind: 'ok', principal: everything } as const;
const token = { token_type: 'Bearer', access_token: 'replica', expires_in: 86_400 };

/** Makes the replica; nothing of it outlives it. */
export function createReplica(facts: ReplicaFacts): Replica {
  const context = contextOf(facts);
  const plane: GraphPlane = {
    context,
    tokens: pageTokens(context),
    throttle: createThrottle(context),
    removeObject: (request, object) => removeObject(plane, request, object),
  };
  for (const one of facts.extensions ?? []) defineIn(context, one);
  const filler = new Filler(context, facts);
  return {
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      if (pathname.endsWith('/token')) return Response.json(token);
      const body = request.method === 'GET' ? '' : await request.clone().text();
      filler.mention(`${pathname}${search}`, body);
      return answerGraph(plane, async () => verdict, request, pathname.startsWith('/beta/') ? 'beta' : 'v1.0');
    },
    [Symbol.dispose]: () => context.db.close(),
  };
}

/** Types and classes that this tenant does not know cannot be written here either. */
function defineIn(context: TenantContext, { name, dataType, isMultiValued, targetObjects }: ReplicaExtension): void {
  const type = extensionTypes.find((one) => one === dataType);
  if (type === undefined) return;
  defineExtension(context, {
    id: context.random.guid(),
    name,
    dataType: type,
    isMultiValued: isMultiValued === true,
    targets: extensionTargets.filter((target) => targetObjects.includes(target)),
    origin: 'app',
  });
}

function contextOf({ settings, domains, now }: ReplicaFacts): TenantContext {
  const db = openDatabase(':memory:');
  const store = new SettingStore(db);
  const clock = createClock(() => now, store);
  const objects = new ObjectStore(db);
  const company: Company = openCompany(store, () => companyOf(settings, domains, clock.iso()));
  db.onRollback(() => company.reload());
  return {
    db,
    objects,
    links: new LinkStore(db, objects),
    past: new Past(db, () => clock.now()),
    settings: store,
    company,
    clock,
    random: createRandom(),
    report: (error) => {
      throw error;
    },
    write: (run) => db.transaction(run),
  };
}

function companyOf(
  settings: ReplicaFacts['settings'],
  domains: ReplicaFacts['domains'],
  createdDateTime: string,
): CompanyState {
  const { initialDomain, resiliency, hardMatchProtection } = settings;
  const others = domains.filter(({ name }) => name.toLowerCase() !== initialDomain.toLowerCase());
  return {
    tenantId: everything.objectId,
    displayName: initialDomain,
    countryLetterCode: 'US',
    createdDateTime,
    technicalNotificationMails: [],
    domains: [
      { name: initialDomain.toLowerCase(), verified: true, authentication: 'Managed', initial: true, default: true },
      ...others.map((domain) => ({ ...domain, name: domain.name.toLowerCase() })),
    ],
    dirSyncEnabled: settings.dirSyncEnabled,
    features: { ...freshFeatures, ...(settings.features as Record<string, boolean>) },
    deletionPrevention: 'disabled',
    deletionThreshold: 0,
    switches: {
      ...defaultSwitches,
      resiliency,
      hardMatchProtection,
      softMatchAddress: settings.softMatchAddress,
      samePrimaryOnAdd: settings.samePrimaryOnAdd,
      upnAgainstAddresses: settings.upnAgainstAddresses,
      invalidUserPrincipalName: settings.invalidUserPrincipalName,
      federatedDomainChange: settings.federatedDomainChange,
      unknownProperty: settings.unknownProperty,
    },
  };
}

const guid = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
const quoted = /'((?:[^']|'')*)'/g;

/** Puts objects into the replica before somebody can miss them. */
class Filler {
  readonly #context: TenantContext;
  readonly #index: DirectoryIndex;
  /** Objects that the other tenant may still take; undefined without a limit. */
  readonly #free: number | undefined;
  readonly #there = new Set<string>();

  constructor(context: TenantContext, { index, settings }: ReplicaFacts) {
    this.#context = context;
    this.#index = index;
    const total = settings.limits.directoryObjects;
    this.#free = total > 0 ? Math.max(0, total - (index.objectCount?.() ?? 0)) : undefined;
    if (this.#free !== undefined) this.#limit(this.#free);
  }

  /** Everybody who has one of the keys that occur in a request or in the requests of a batch. */
  mention(url: string, body: string): void {
    const found = new Map<string, CloudObject>();
    const text = (value: string) => this.#collect(value, found);
    const inUrl = (value: string) => {
      const plain = decodeURIComponent(value);
      for (const [, literal = ''] of plain.matchAll(quoted)) text(literal.replaceAll("''", "'"));
      for (const [id] of plain.matchAll(guid)) text(id);
    };
    inUrl(url);
    if (body !== '') eachText(JSON.parse(body), (name, value) => (name === 'url' ? inUrl(value) : text(value)));
    if (found.size > 0) this.#put([...found.values()]);
  }

  #collect(text: string, found: Map<string, CloudObject>): void {
    const ids = [...text.matchAll(guid)].map(([id]) => id.toLowerCase());
    const address = text.replace(/^smtp:/i, '');
    for (const object of [
      ...ids.flatMap((id) => this.#index.byId(id) ?? []),
      ...this.#index.bySourceAnchor(text),
      ...this.#index.byUserPrincipalName(upnKey(address)),
      ...this.#index.byAddress(smtpKey(address)),
    ]) {
      if (this.#there.has(object.id) || found.has(object.id)) continue;
      found.set(object.id, object);
      // Its names come alive with a deleted one, if nobody has them by then.
      if (object.deleted)
        for (const name of [textOf(object, 'userPrincipalName') ?? '', ...addressesOf(object)])
          this.#collect(name, found);
    }
  }

  #put(objects: readonly CloudObject[]): void {
    const { write } = this.#context;
    const before = this.#free === undefined ? 0 : objectsCounted(this.#context);
    write(() => {
      for (const object of objects) {
        this.#insert(object);
        this.#there.add(object.id);
      }
    });
    // Those who are put in were there before, so they take up nothing of what is free.
    if (this.#free !== undefined)
      this.#limit(this.#context.company.state.switches.objectQuota + objectsCounted(this.#context) - before);
  }

  /** No limit is told by 0, so a full tenant has a limit that anything exceeds. */
  #limit(objectQuota: number): void {
    const { company } = this.#context;
    company.update({ switches: { ...company.state.switches, objectQuota: objectQuota === 0 ? -1 : objectQuota } });
  }

  #insert({
    id,
    class: kind,
    graph,
    immutableId,
    onPremisesSyncEnabled: sync,
    cloudManaged,
    deleted,
  }: CloudObject): void {
    const { id: _, onPremisesSyncEnabled: __, onPremisesImmutableId: ___, manager: ____, ...values } = graph;
    const body = Object.fromEntries(
      Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
    );
    const { objects, clock } = this.#context;
    const stored = objects.insert({
      id: id.toLowerCase(),
      kind,
      body: kind === 'group' ? { groupTypes: [], ...body } : body,
      internal: cloudManaged === true ? { isCloudManaged: true } : {},
      ...(typeof sync === 'boolean' ? { sync } : {}),
      ...(kind === 'user' && immutableId !== undefined ? { anchor: immutableId } : {}),
    });
    if (deleted) objects.bin(stored, clock.now(), {});
  }
}

/** Every text in a JSON value with the name of the member that it is in. */
function eachText(value: unknown, visit: (name: string, text: string) => void, name = ''): void {
  if (typeof value === 'string') visit(name, value);
  else if (Array.isArray(value)) for (const one of value) eachText(one, visit, name);
  else if (typeof value === 'object' && value !== null)
    for (const [member, one] of Object.entries(value)) eachText(one, visit, member);
}
