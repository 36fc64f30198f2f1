import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';
import { freshFeatures } from '../entra/features.ts';
import { type AppSeed, registerApp } from './apps.ts';
import { createClock } from './clock.ts';
import {
  type Company,
  type CompanyState,
  type Domain,
  defaultSwitches,
  openCompany,
  type TenantSwitches,
} from './company.ts';
import type { TenantSettings } from './config.ts';
import type { TenantContext } from './context.ts';
import { forgetExtensions } from './extensions.ts';
import { removeObject } from './graph/objects.ts';
import { pageTokens } from './graph/page-token.ts';
import type { GraphPlane } from './graph/plane.ts';
import { answerGraph } from './graph/route.ts';
import { createThrottle } from './graph/throttle.ts';
import { createMembershipUpkeep } from './membership/upkeep.ts';
import { createRandom } from './random.ts';
import { purge } from './recycle-bin.ts';
import { activateRole, findRoleTemplate, rolesHeld } from './roles.ts';
import { applySeed, type TenantSeed } from './seed.ts';
import { openDatabase } from './store/database.ts';
import { LinkStore } from './store/links.ts';
import { readMails, type TenantMail } from './store/mails.ts';
import { ObjectStore, objectColumns } from './store/objects.ts';
import { Past } from './store/past.ts';
import { SettingStore } from './store/settings.ts';
import { forgetSubscriptions } from './subscriptions.ts';
import { healWithheldValues } from './sync/recalculate.ts';
import { answerSync } from './sync/route.ts';
import { createCodeStore } from './tokens/codes.ts';
import { signingKeys } from './tokens/keys.ts';
import { tokenVerifier } from './tokens/principal.ts';
import { answerTokens, type TokenPlane } from './tokens/route.ts';

export interface TenantOptions {
  /** Folder of the tenant's data, made if it is not there; absent keeps everything in memory. */
  readonly directory?: string;
  readonly settings: TenantSettings;
  /** What a new tenant starts with. Ignored when the tenant already exists. */
  readonly seed?: TenantSeed;
  /** App registrations that must exist, whatever the tenant's age. */
  readonly apps?: readonly AppSeed[];
  /** Milliseconds since 1970; default the machine's clock. */
  readonly clock?: () => number;
  /** Source of random bytes; default the machine's. */
  readonly random?: (count: number) => Uint8Array;
  /** Told of defects that answered 500; default writes them to standard error. */
  readonly report?: (error: unknown) => void;
}

/** A running local tenant. */
export interface Tenant {
  readonly tenantId: string;
  /** Answers any request to the tenant: for use in process, and what `serveTenant` serves. */
  fetch(request: Request): Promise<Response>;
  readonly company: Company;
  now(): number;
  /** Moves the tenant's clock forward and does what falls due (recycle bin, healing of withheld values). */
  advance(milliseconds: number): void;
  setSwitches(switches: Partial<TenantSwitches>): void;
  registerApp(app: AppSeed): void;
  seed(seed: TenantSeed): void;
  /** Empties the tenant: objects, links, history. Settings and app registrations stay; old cookies end. */
  reset(seed?: TenantSeed): void;
  /** Live objects by class. */
  objectCounts(): Readonly<Record<string, number>>;
  /** The newest mails that the tenant would have sent, newest first. */
  mails(most: number): readonly TenantMail[];
  /** What falls due by time; call it now and then. */
  maintain(): void;
  close(): void;
}

/** Opens the tenant in the directory, or makes it. */
export function createTenant(options: TenantOptions): Tenant {
  if (options.directory !== undefined) mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const db = openDatabase(options.directory === undefined ? ':memory:' : join(options.directory, 'tenant.sqlite'));
  const settings = new SettingStore(db);
  const clock = createClock(options.clock ?? Date.now, settings);
  const random = createRandom(options.random);
  const isNew = settings.get('company') === undefined;
  const company = openCompany(settings, () => freshCompany(options.settings, random.guid(), clock.iso()));
  db.onRollback(() => company.reload());
  const objects = new ObjectStore(db);
  const past = new Past(db, () => clock.now());
  const links = new LinkStore(db, objects);
  const upkeep = createMembershipUpkeep({ db, objects, links, settings });
  let isWriting = false;
  const context: TenantContext = {
    db,
    objects,
    links,
    past,
    settings,
    company,
    clock,
    random,
    report: options.report ?? ((error) => console.error(error)),
    write: (run) => {
      if (isWriting) return run();
      past.prune();
      isWriting = true;
      try {
        const result = db.transaction(() => {
          const done = run();
          upkeep.settle();
          return done;
        });
        upkeep.committed();
        return result;
      } finally {
        isWriting = false;
      }
    },
  };
  if (isNew) begin(context);
  else takeOver(company, options.settings);
  past.setDelay(company.state.switches.readDelayMs);
  if (isNew && options.seed) applySeed(context, options.seed);
  context.write(() => {
    for (const app of options.apps ?? []) registerApp(context, app);
  });
  return running(context);
}

function running(context: TenantContext): Tenant {
  const keys = signingKeys(context);
  const tokens: TokenPlane = { context, keys, codes: createCodeStore(context), verify: tokenVerifier(context, keys) };
  const { verify } = tokens;
  const plane: GraphPlane = {
    context,
    tokens: pageTokens(context),
    throttle: createThrottle(context),
    removeObject: (request, object) => removeObject(plane, request, object),
  };
  const app = new Hono();
  app.all('/v1.0/*', (c) => answerGraph(plane, verify, c.req.raw, 'v1.0'));
  app.all('/beta/*', (c) => answerGraph(plane, verify, c.req.raw, 'beta'));
  app.all('/sync/v1/*', (c) => answerSync(context, verify, c.req.raw));
  app.all('*', async (c) => (await answerTokens(tokens, c.req.raw)) ?? c.json(unknownPath, 404));
  const maintain = () => {
    purge(context);
    healEveryHour(context);
  };
  return {
    tenantId: context.company.state.tenantId,
    fetch: async (request) => app.fetch(request),
    company: context.company,
    now: () => context.clock.now(),
    advance(milliseconds) {
      context.clock.advance(milliseconds);
      maintain();
    },
    setSwitches(switches) {
      context.company.update({ switches: { ...context.company.state.switches, ...switches } });
      context.past.setDelay(context.company.state.switches.readDelayMs);
    },
    registerApp: (seed) => {
      context.write(() => registerApp(context, seed));
    },
    seed: (seed) => applySeed(context, seed),
    reset: (seed) => reset(context, seed),
    objectCounts: () =>
      Object.fromEntries((['user', 'group', 'contact', 'device'] as const).map((k) => [k, context.objects.count(k)])),
    mails: (most) => readMails(context.db, most),
    maintain,
    close: () => context.db.close(),
  };
}

function healEveryHour(context: TenantContext): void {
  const now = context.clock.now();
  if (now - Number(context.settings.get('lastHealing') ?? 0) < 3600 * 1000) return;
  context.settings.set('lastHealing', now);
  healWithheldValues(context);
}

const unknownPath = { error: { code: 'Request_ResourceNotFound', message: 'There is nothing at this path.' } };

function freshCompany(settings: TenantSettings, id: string, now: string): CompanyState {
  const domain = (name: string, facts: Partial<Domain>): Domain => ({
    name: name.toLowerCase(),
    verified: true,
    authentication: 'Managed',
    ...facts,
  });
  return {
    tenantId: (settings.tenantId ?? id).toLowerCase(),
    displayName: settings.displayName ?? (settings.initialDomain.split('.')[0] as string),
    countryLetterCode: settings.countryLetterCode ?? 'US',
    createdDateTime: now,
    technicalNotificationMails: settings.technicalNotificationMails ?? [],
    domains: [
      domain(settings.initialDomain, { initial: true, default: true }),
      ...(settings.verifiedDomains ?? []).map((name) => domain(name, {})),
      ...(settings.federatedDomains ?? []).map((name) => domain(name, { authentication: 'Federated' })),
      ...(settings.unverifiedDomains ?? []).map((name) => domain(name, { verified: false })),
    ],
    dirSyncEnabled: settings.dirSyncEnabled ?? true,
    features: { ...freshFeatures, ...(settings.features as Record<string, boolean> | undefined) },
    deletionPrevention: settings.deletionThreshold === 0 ? 'disabled' : 'enabledForCount',
    deletionThreshold: settings.deletionThreshold ?? 500,
    switches: { ...defaultSwitches, ...(settings.switches as Partial<TenantSwitches> | undefined) },
  };
}

/** What a configuration may change on a tenant that exists already: new domains, features and switches it names. */
function takeOver(company: Company, settings: TenantSettings): void {
  const named = freshCompany(settings, company.state.tenantId, company.state.createdDateTime);
  const added = named.domains.filter((d) => !d.initial && !company.domain(d.name));
  company.update({
    domains: [...company.state.domains, ...added],
    features: { ...company.state.features, ...(settings.features as Record<string, boolean> | undefined) },
    switches: { ...company.state.switches, ...(settings.switches as Partial<TenantSwitches> | undefined) },
  });
}

function begin(context: TenantContext): void {
  context.write(() => {
    context.settings.set('epoch', context.random.guid());
    const administrator = findRoleTemplate('Global Administrator');
    if (administrator) activateRole(context, administrator);
  });
}

function reset(context: TenantContext, seed: TenantSeed | undefined): void {
  context.write(() => {
    context.settings.set('changeFloor', context.objects.lastChange);
    const doomed = "kind NOT IN ('application', 'servicePrincipal')";
    const principals = context.objects.many(`SELECT ${objectColumns} FROM object o WHERE o.kind = 'servicePrincipal'`);
    const roles = principals.map((principal) => ({ principal, held: rolesHeld(context, principal) }));
    context.db.exec(`DELETE FROM lookup WHERE object IN (SELECT seq FROM object WHERE ${doomed});
      DELETE FROM object WHERE ${doomed}; DELETE FROM link; DELETE FROM link_change; DELETE FROM object_change; DELETE FROM tombstone;
      DELETE FROM synced_extension; DELETE FROM creation; DELETE FROM mail; DELETE FROM photo;`);
    context.links.forgetCounts();
    forgetSubscriptions(context);
    forgetExtensions(context);
    begin(context);
    // Apps stay with what they may do; the roles themselves are new objects.
    for (const { principal, held } of roles) {
      for (const template of held) context.links.add(activateRole(context, template).seq, 'member', principal);
    }
    if (seed) applySeed(context, seed);
  });
}
