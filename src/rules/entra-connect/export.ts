/** Writes a configuration as the XML folder of an export (operations s.3.1), which `importConfiguration` reads back. */
import { createHash } from 'node:crypto';
import type { Syntax } from '../metaverse-attributes.ts';
import type { MetaverseSchema } from '../metaverse-schema.ts';
import type { SyncRule } from '../model.ts';
import type { ImportedConfiguration } from './configuration.ts';
import type { ImportedConnector, ImportedPartition, ImportedRunProfile, ImportedStep } from './read-connector.ts';
import { writeRule } from './write-rule.ts';
import { writeXml, type XmlElement } from './xml.ts';

export type ExportableConfiguration = Pick<
  ImportedConfiguration,
  'rules' | 'metaverseSchema' | 'connectors' | 'globalParameters'
>;

/**
 * Path to XML text: `Connectors/`, `GlobalSettings/MV.xml` and `SynchronizationRules/`. A rule keeps its identity if it
 * is a GUID; otherwise it gets one made from it. Passwords and watermarks are not part of a configuration and are not written.
 * Throws `TypeError` if a rule names a connector that is not given.
 */
export function exportConfiguration(configuration: ExportableConfiguration): Map<string, string> {
  const files = new Map<string, string>();
  const ids = new Map(configuration.connectors.map(({ name, id }) => [name, id]));
  for (const connector of configuration.connectors) {
    files.set(`Connectors/Connector_${connector.id}.xml`, `${writeXml(connectorXml(connector))}\n`);
  }
  files.set('GlobalSettings/MV.xml', `${writeXml(settingsXml(configuration))}\n`);
  for (const rule of configuration.rules) {
    const id = guidOf(rule);
    const connectorId = ids.get(rule.connector);
    if (connectorId === undefined)
      throw new TypeError(`The rule "${rule.name}" is for ${rule.connector}, which is not exported with it.`);
    files.set(`SynchronizationRules/SynchronizationRule_${id}.xml`, writeRule(rule, id, connectorId));
  }
  return files;
}

function guidOf(rule: SyncRule): string {
  if (/^\{[0-9a-f-]{36}\}$/.test(rule.id)) return rule.id;
  const hex = createHash('sha256').update(rule.id).digest('hex');
  return `{${[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')}}`;
}

function connectorXml(connector: ImportedConnector): XmlElement {
  const cloud = connector.type === 'entra';
  const subtype = cloud ? 'Windows Azure Active Directory (Microsoft)' : '';
  return parent('ma-data', [
    leaf('format-version', '1'),
    leaf('id', connector.id),
    leaf('name', connector.name),
    leaf('category', connector.category),
    leaf('subtype', subtype),
    parent('private-configuration', [privateConfiguration(connector)]),
    parent(
      'attribute-inclusion',
      connector.attributes.map((name) => leaf('attribute', name)),
    ),
    parent('ma-partition-data', connector.partitions.map(partitionXml)),
    parent('ma-run-data', connector.runProfiles.map(runProfileXml)),
  ]);
}

function privateConfiguration(connector: ImportedConnector): XmlElement {
  const parameters = Object.entries(connector.parameters).map(([name, value]) => parameter(name, value, 'global'));
  if (connector.category !== 'AD') {
    const account = connector.account === undefined ? [] : [parameter('UserName', connector.account, 'connectivity')];
    return parent('MAConfig', [parent('parameter-values', [...account, ...parameters])]);
  }
  return parent('adma-configuration', [
    leaf('forest-name', connector.forest ?? ''),
    leaf('forest-login-user', connector.account ?? ''),
    parent('password-hash-sync-config', [leaf('enabled', connector.passwordHashSync ? '1' : '0')]),
    parent('parameter-values', parameters),
  ]);
}

function partitionXml(partition: ImportedPartition): XmlElement {
  const list = (name: string, item: string, values: readonly string[]): XmlElement =>
    parent(
      name,
      values.map((value) => leaf(item, value)),
    );
  return parent('partition', [
    leaf('id', partition.id),
    leaf('name', partition.name),
    leaf('selected', partition.selected ? '1' : '0'),
    parent('filter', [
      list('object-classes', 'object-class', partition.objectClasses),
      parent('containers', [
        list('exclusions', 'exclusion', partition.exclude),
        list('inclusions', 'inclusion', partition.include),
      ]),
    ]),
    parent(
      'parameter-values',
      Object.entries(partition.parameters).map(([name, value]) => parameter(name, value, 'partition')),
    ),
  ]);
}

const runProfileXml = (profile: ImportedRunProfile): XmlElement =>
  parent('run-configuration', [leaf('name', profile.name), parent('configuration', profile.steps.map(stepXml))]);

function stepXml(step: ImportedStep): XmlElement {
  return parent('step', [
    stepType(step),
    parent('threshold', [leaf('object', String(step.objectLimit)), leaf('batch-size', String(step.batchSize))]),
    leaf('partition', step.partition),
    parent('custom-data', [
      parent('adma-step-data', [
        ...(step.pageSize === undefined ? [] : [leaf('page-size', String(step.pageSize))]),
        ...(step.timeLimitSeconds === undefined ? [] : [leaf('time-limit', String(step.timeLimitSeconds))]),
      ]),
    ]),
  ]);
}

function stepType({ type, stageOnly }: ImportedStep): XmlElement {
  const typed = (name: string, content: readonly XmlElement[]): XmlElement => ({
    name: 'step-type',
    attributes: { type: name },
    content,
  });
  switch (type) {
    case 'full-sync':
      return typed('apply-rules', [leaf('apply-rules-subtype', 'reevaluate-flow-connectors')]);
    case 'delta-sync':
      return typed('apply-rules', [leaf('apply-rules-subtype', 'apply-pending')]);
    case 'full-import-full-sync':
      return typed('full-import-reevaluate-rules', []);
    default:
      return typed(type, stageOnly ? [leaf('import-subtype', 'to-cs')] : []);
  }
}

const syntaxIdentifiers: Readonly<Record<Syntax, string>> = {
  string: '1.3.6.1.4.1.1466.115.121.1.15',
  number: '1.3.6.1.4.1.1466.115.121.1.27',
  boolean: '1.3.6.1.4.1.1466.115.121.1.7',
  binary: '1.3.6.1.4.1.1466.115.121.1.5',
  reference: '1.3.6.1.4.1.1466.115.121.1.12',
};

function settingsXml({ metaverseSchema, globalParameters }: ExportableConfiguration): XmlElement {
  const parameters = Object.entries(globalParameters).map(([name, value]) =>
    parameter(name, value, 'SynchronizationGlobal'),
  );
  return parent('saved-mv-configuration', [
    parent('mv-data', [
      parent('schema', [parent('dsml', [parent('directory-schema', schemaXml(metaverseSchema))])]),
      parent('parameter-values', parameters),
    ]),
  ]);
}

function schemaXml({ types, attributes }: MetaverseSchema): XmlElement[] {
  const classes = [...types].map(
    ([type, names]): XmlElement => ({
      name: 'class',
      attributes: { id: type, type: 'structural' },
      content: [
        leaf('name', type),
        ...[...names.keys()].map(
          (name): XmlElement => ({ name: 'attribute', attributes: { ref: `#${name}` }, content: '' }),
        ),
      ],
    }),
  );
  const definitions = [...attributes.values()].map(
    ({ name, syntax, multiValued, indexed }): XmlElement => ({
      name: 'attribute-type',
      attributes: { id: name, 'single-value': String(!multiValued), ...(indexed ? { indexable: 'true' } : {}) },
      content: [leaf('name', name), leaf('syntax', syntaxIdentifiers[syntax])],
    }),
  );
  return [...classes, ...definitions];
}

const parameter = (name: string, value: string, use: string): XmlElement => ({
  name: 'parameter',
  attributes: { name, type: 'string', use, dataType: 'String' },
  content: value,
});
const leaf = (name: string, content: string): XmlElement => ({ name, content });
const parent = (name: string, content: readonly XmlElement[]): XmlElement => ({ name, content });
