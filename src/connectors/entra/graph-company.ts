/** What has to be known of a tenant before anything is written to it: domains, switches, administrators. */
import { freshFeatures } from '../../entra/features.ts';
import { defaultLimits } from '../../entra/limits.ts';
import { type DomainFacts, freshSettings, type RuleSettings } from '../../entra/settings.ts';
import { ConnectorError } from '../contract.ts';
import type { GraphAnswer, GraphClient } from './graph-client.ts';
import type { Json } from './graph-names.ts';
import { checkToken, definitionsNeed, missingPermissions, needsOf } from './graph-permissions.ts';
import { listOf } from './graph-read.ts';

/** Graph takes six characters more in a directory extension than synchronization fills (entra-directory s.4.2). */
const limits: RuleSettings['limits'] = { ...defaultLimits, directoryExtensionLength: 256 };

export interface GraphCompany {
  readonly tenantId: string;
  readonly initialDomain: string;
  /** The verified ones; Graph tells no others without a further permission. */
  readonly domains: readonly DomainFacts[];
  /** Whether Entra Connect or Cloud Sync writes to this tenant too. */
  readonly hasOtherEngine: boolean;
  readonly settings: RuleSettings;
}

export interface CompanyQuestion {
  readonly client: GraphClient;
  readonly token: () => Promise<string>;
  readonly clientId: string;
  /** Whether devices are imported. */
  readonly readsDevices: boolean;
  /** Whether rules write directory extensions. */
  readonly readsExtensions: boolean;
}

/**
 * Reads what an exporter must respect, and tries every list that a run will need. Throws a ConnectorError `no-start-…`
 * that names the first thing that does not work: the token, its permissions, then call by call.
 */
export async function readCompany(question: CompanyQuestion, signal: AbortSignal): Promise<GraphCompany> {
  const { client } = question;
  const needs = needsOf(question.readsDevices);
  const asked = question.readsExtensions ? [...needs, definitionsNeed] : needs;
  checkToken(await question.token(), asked, question.clientId);
  const paths = [...needs.map((need) => need.probe), '/directory/onPremisesSynchronization'];
  const answers = await client.batch(
    paths.map((path) => ({ method: 'GET', path })),
    signal,
  );
  signal.throwIfAborted();
  const [first] = needs.map((need, index) => listAtStart(question, need, answers[index] as GraphAnswer));
  const [organization] = first ?? [];
  const features = featuresOf(answers.at(-1) as GraphAnswer);
  const domains = (Array.isArray(organization?.verifiedDomains) ? organization.verifiedDomains : []) as Json[];
  const initialDomain = String(domains.find((d) => d.isInitial === true)?.name ?? '');
  const facts = domains.map(
    (d): DomainFacts => ({
      name: String(d.name),
      verified: true,
      authentication: d.type === 'Federated' ? 'Federated' : 'Managed',
    }),
  );
  return {
    tenantId: String(organization?.id ?? ''),
    initialDomain,
    domains: facts,
    hasOtherEngine: organization?.onPremisesSyncEnabled === true,
    settings: freshSettings(initialDomain, facts, { features, limits }),
  };
}

function listAtStart(
  { client, clientId }: CompanyQuestion,
  need: { readonly probe: string; readonly to: string; readonly grant: string },
  answer: GraphAnswer,
): Json[] {
  if (answer.kind === 'ok') return listOf(answer);
  if (answer.kind === 'refused' && (answer.status === 403 || answer.status === 401)) {
    throw missingPermissions(clientId, [need]);
  }
  if (answer.kind === 'refused' && (answer.status === 429 || answer.status === 503)) {
    const limit = answer.throttle === undefined ? '' : ` (${answer.throttle})`;
    throw new ConnectorError(
      answer.status === 429 ? 'cloud-throttled' : 'cloud-unavailable',
      `${client.url} asks for patience (HTTP ${answer.status}): ${answer.message}${limit}`,
      {
        status: 'no-start-connection',
        remedy:
          'Nothing to do if it passes: the next cycle goes on where this one stopped. If it stays, look for other programs that use the same application, and give this one a registration of its own.',
      },
    );
  }
  const detail = answer.kind === 'refused' ? answer.message : answer.detail;
  throw new ConnectorError(
    'failed-connection',
    `${client.url} did not answer ${need.probe.split('?')[0]} as Microsoft Graph does: ${detail}`,
    {
      status: 'no-start-connection',
      remedy: 'Check the url of the connector, the network, and that the certificate is trusted (tls.ca).',
    },
  );
}

/** The switches of synchronization. Apps are not always let in (s.5.6 [U]); then those of a fresh tenant count. */
function featuresOf(answer: GraphAnswer): RuleSettings['features'] {
  const [first] = answer.kind === 'ok' ? listOf(answer) : [];
  return { ...freshFeatures, ...(first?.features as RuleSettings['features'] | undefined) };
}

/** Roles whose holders anybody may change. */
const harmless = new Set([
  '88d8e3e3-8f55-4a1e-953a-9b9898b8876b', // Directory Readers
  '10dae51f-b6af-4016-8d66-8c2a99b929b3', // Guest User
  '2af84b1e-32c8-42b7-82bc-daa82404023b', // Restricted Guest User
  'a0b1b346-4d3e-4e8b-98f8-753987be4970', // User
]);

/** Names of the roles that an object holds or may activate, by object id; members of a group that holds one included. */
export type Administrators = ReadonlyMap<string, readonly string[]>;

export class AdministratorList {
  readonly #client: GraphClient;
  readonly #now: () => number;
  #held: { readonly at: number; readonly list: Administrators } | undefined;

  /** `known`: what need not be asked. */
  constructor(client: GraphClient, now: () => number, known?: Administrators) {
    this.#client = client;
    this.#now = now;
    if (known) this.#held = { at: Number.POSITIVE_INFINITY, list: known };
  }

  /** As it is now, or was at most a minute ago. */
  async read(signal: AbortSignal): Promise<Administrators> {
    const now = this.#now();
    if (!this.#held || now - this.#held.at > 60_000) this.#held = { at: now, list: await this.#fetch(signal) };
    return this.#held.list;
  }

  async #fetch(signal: AbortSignal): Promise<Administrators> {
    const roles = new Map<string, Set<string>>();
    const names = new Map<string, string>();
    const add = (id: string, role: string) => roles.set(id, (roles.get(id) ?? new Set()).add(role));
    for await (const answer of this.#client.pages('/roleManagement/directory/roleDefinitions', signal)) {
      for (const role of listOf(answer)) names.set(String(role.id), String(role.displayName));
    }
    for (const kind of ['roleAssignments', 'roleEligibilityScheduleInstances']) {
      for await (const answer of this.#client.pages(`/roleManagement/directory/${kind}`, signal)) {
        // Tenants without the licence for eligible roles answer 400 or 403; nobody is eligible there.
        if (kind !== 'roleAssignments' && answer.kind === 'refused') break;
        for (const { principalId, roleDefinitionId } of listOf(answer)) {
          const role = String(roleDefinitionId);
          if (!harmless.has(role)) add(String(principalId), names.get(role) ?? role);
        }
      }
    }
    for (const [id, held] of [...roles]) {
      for (const member of await this.#membersOf(id, signal)) for (const role of held) add(member, role);
    }
    return new Map([...roles].map(([id, held]) => [id, [...held]]));
  }

  /** Ids of the members if the id is that of a group. */
  async #membersOf(id: string, signal: AbortSignal): Promise<string[]> {
    const ids: string[] = [];
    const path = `/groups/${encodeURIComponent(id)}/transitiveMembers?$select=id&$top=999`;
    for await (const answer of this.#client.pages(path, signal, 4)) {
      if (isNoGroup(answer)) return [];
      ids.push(...listOf(answer).map((o) => String(o.id)));
    }
    return ids;
  }
}

const isNoGroup = (answer: GraphAnswer): boolean =>
  answer.kind === 'refused' && (answer.status === 404 || answer.status === 400);
