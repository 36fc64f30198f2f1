/** One exported connector (`Connector_{guid}.xml`, operations s.3.4): what it reads, how far it looks, how it runs. */
import { readParameters } from './read-settings.ts';
import type { XmlNode } from './xml.ts';
import { child, childrenOf, descend, textAt } from './xml.ts';

export interface ImportedPartition {
  /** DN of the naming context; `default` for the cloud. */
  readonly name: string;
  readonly id: string;
  readonly selected: boolean;
  readonly objectClasses: readonly string[];
  /** Containers; the longest one that an object lies in decides. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** `Domain.FQDN` and its like. */
  readonly parameters: Readonly<Record<string, string>>;
}
export interface ImportedStep {
  readonly type:
    | 'full-import'
    | 'delta-import'
    | 'full-sync'
    | 'delta-sync'
    | 'full-import-full-sync'
    | 'export'
    | 'unknown';
  /** The import stages only; otherwise a delta synchronization follows. */
  readonly stageOnly?: boolean;
  readonly partition: string;
  /** Objects after which the step stops; 0 is off. */
  readonly objectLimit: number;
  readonly batchSize: number;
  readonly pageSize?: number;
  readonly timeLimitSeconds?: number;
}
export interface ImportedRunProfile {
  readonly name: string;
  readonly steps: readonly ImportedStep[];
}
export interface ImportedConnector {
  /** GUID in braces, lower case. */
  readonly id: string;
  readonly name: string;
  readonly type: 'active-directory' | 'entra' | 'unknown';
  /** As the export calls it, e.g. `AD`, `Extensible2`. */
  readonly category: string;
  readonly forest?: string;
  /** Account that the original connected with; its password is never exported. */
  readonly account?: string;
  readonly passwordHashSync: boolean;
  readonly partitions: readonly ImportedPartition[];
  /** The attribute inclusion list. */
  readonly attributes: readonly string[];
  readonly runProfiles: readonly ImportedRunProfile[];
  /** Parameters of the connector that rules may name, e.g. `Forest.FQDN`. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The connector of the file's root element; nothing if it has no identity. */
export function readConnector(root: XmlNode): ImportedConnector | undefined {
  const id = textAt(root, 'id').toLowerCase();
  const name = textAt(root, 'name');
  if (root.name !== 'ma-data' || !id || !name) return undefined;
  const category = textAt(root, 'category');
  const directory = descend(root, 'private-configuration', 'adma-configuration');
  const cloud = descend(root, 'private-configuration', 'MAConfig');
  const values = child(directory ?? cloud, 'parameter-values');
  const forest = textAt(directory, 'forest-name');
  const account = accountOf(directory) ?? readParameters(values).UserName;
  return {
    id,
    name,
    type: connectorType(category, textAt(root, 'subtype')),
    category,
    ...(forest ? { forest } : {}),
    ...(account ? { account } : {}),
    passwordHashSync: textAt(directory, 'password-hash-sync-config', 'enabled') === '1',
    partitions: childrenOf(child(root, 'ma-partition-data'), 'partition').map(readPartition),
    attributes: childrenOf(child(root, 'attribute-inclusion'), 'attribute').map((node) => node.text.trim()),
    runProfiles: childrenOf(child(root, 'ma-run-data'), 'run-configuration').map(readRunProfile),
    // Only what rules may name: neither watermarks nor connection settings leave the file.
    parameters: readParameters(values, ({ use }) => use === 'global'),
  };
}

function connectorType(category: string, subtype: string): ImportedConnector['type'] {
  if (category === 'AD') return 'active-directory';
  return /(?:Windows Azure Active Directory|Microsoft Entra)/i.test(subtype) ? 'entra' : 'unknown';
}

function accountOf(directory: XmlNode | undefined): string | undefined {
  const user = textAt(directory, 'forest-login-user');
  const domain = textAt(directory, 'forest-login-domain');
  if (!user) return undefined;
  return domain && !user.includes('@') ? `${user}@${domain}` : user;
}

function readPartition(node: XmlNode): ImportedPartition {
  const list = (...path: string[]): string[] => {
    const last = path.pop() as string;
    return childrenOf(descend(node, ...path), last).flatMap((c) => c.text.trim() || []);
  };
  return {
    name: textAt(node, 'name'),
    id: textAt(node, 'id').toLowerCase(),
    selected: textAt(node, 'selected') === '1',
    objectClasses: list('filter', 'object-classes', 'object-class'),
    include: list('filter', 'containers', 'inclusions', 'inclusion'),
    exclude: list('filter', 'containers', 'exclusions', 'exclusion'),
    parameters: readParameters(child(node, 'parameter-values'), ({ name }) => name?.startsWith('Domain.') === true),
  };
}

function readRunProfile(node: XmlNode): ImportedRunProfile {
  return { name: textAt(node, 'name'), steps: childrenOf(child(node, 'configuration'), 'step').map(readStep) };
}

function readStep(node: XmlNode): ImportedStep {
  const type = child(node, 'step-type');
  const custom = child(node, 'custom-data')?.children[0];
  const pageSize = Number(textAt(custom, 'page-size') || Number.NaN);
  const timeLimitSeconds = Number(textAt(custom, 'time-limit') || textAt(custom, 'timeout') || Number.NaN);
  const stepType = readStepType(type);
  return {
    type: stepType,
    ...(stepType.endsWith('import') ? { stageOnly: textAt(type, 'import-subtype') === 'to-cs' } : {}),
    partition: textAt(node, 'partition').toLowerCase(),
    objectLimit: wholeNumber(textAt(node, 'threshold', 'object')),
    batchSize: wholeNumber(textAt(node, 'threshold', 'batch-size')),
    ...(Number.isFinite(pageSize) ? { pageSize } : {}),
    ...(Number.isFinite(timeLimitSeconds) ? { timeLimitSeconds } : {}),
  };
}

/** Names of steps: sync-engine s.1.8. */
function readStepType(type: XmlNode | undefined): ImportedStep['type'] {
  switch (type?.attributes.type) {
    case 'full-import':
    case 'delta-import':
    case 'export':
      return type.attributes.type;
    case 'full-import-reevaluate-rules':
      return 'full-import-full-sync';
    case 'apply-rules':
      return textAt(type, 'apply-rules-subtype') === 'apply-pending' ? 'delta-sync' : 'full-sync';
    default:
      return 'unknown';
  }
}

const wholeNumber = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : 0);
