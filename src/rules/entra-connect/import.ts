/** Reads an exported Entra Connect configuration: the folder of XML files (operations s.3.1 to s.3.5). Pure. */
import { builtInMetaverseSchema, type MetaverseSchema } from '../metaverse-schema.ts';
import type { SyncRule } from '../model.ts';
import { compareRules } from './compare.ts';
import type { ImportedConfiguration } from './configuration.ts';
import { readOptions } from './global-parameters.ts';
import { type ImportedConnector, readConnector } from './read-connector.ts';
import { type NotTaken, readRule } from './read-rule.ts';
import { readSettings } from './read-settings.ts';
import { parseXml, type XmlNode } from './xml.ts';

export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** More files than that are not one configuration. */
const maximumFiles = 10_000;

/**
 * The configuration in the files, by path relative to the exported folder. A file that cannot be read is reported and
 * left out; throws `ImportError` only if there is no connector or no rule at all.
 */
export function importConfiguration(files: ReadonlyMap<string, string>): ImportedConfiguration {
  if (files.size > maximumFiles)
    throw new ImportError(`The folder holds ${files.size} files; an exported configuration has a few hundred.`);
  const notTaken: NotTaken[] = [];
  const documents = [...files]
    .filter(([path]) => /\.xml$/i.test(path))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, text]) => parseFile(path, text, notTaken));

  const connectors = documents.flatMap(({ path, root }) =>
    root.name === 'ma-data' ? takeConnector(path, root, notTaken) : [],
  );
  const names = uniqueNames(connectors, notTaken);
  const settings = takeSettings(documents, notTaken);
  const rules = documents
    .filter(({ root }) => root.name === 'synchronizationRule')
    .flatMap(({ path, root }) => takeRule(path, root, names, notTaken))
    .sort((a, b) => a.precedence - b.precedence || (a.id < b.id ? -1 : 1));
  if (connectors.length === 0 && rules.length === 0) {
    throw new ImportError(
      'The folder holds no exported connector and no exported rule. Give the folder that Get-ADSyncServerConfiguration wrote, with Connectors, GlobalSettings and SynchronizationRules in it.',
    );
  }
  const { options, notes } = readOptions(settings.globalParameters);
  return {
    rules,
    metaverseSchema: settings.metaverseSchema,
    connectors,
    globalParameters: settings.globalParameters,
    options,
    report: { rules: compareRules(rules, connectors, options), notTaken, notes },
  };
}

interface Document {
  readonly path: string;
  readonly root: XmlNode;
}

function parseFile(path: string, text: string, notTaken: NotTaken[]): Document[] {
  try {
    const root = parseXml(text, path);
    if (!['ma-data', 'synchronizationRule', 'saved-mv-configuration', 'mv-data'].includes(root.name)) {
      notTaken.push({
        file: path,
        name: path,
        part: 'file',
        reason: `It holds ${root.name}, which is no part of an exported configuration.`,
      });
      return [];
    }
    return [{ path, root }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    notTaken.push({ file: path, name: path, part: 'file', reason });
    return [];
  }
}

function takeConnector(path: string, root: XmlNode, notTaken: NotTaken[]): ImportedConnector[] {
  const connector = readConnector(root);
  if (!connector) {
    notTaken.push({ file: path, name: path, part: 'connector', reason: 'The connector has no id or no name.' });
    return [];
  }
  if (connector.type === 'unknown') {
    const reason = `Causeway has no connector for ${connector.category}. Its rules are taken over; set up a connector with this name for them.`;
    notTaken.push({ file: path, name: connector.name, part: 'connector type', reason });
  }
  return [connector];
}

/** GUID to name. Rules are bound to connectors by name, so two connectors with one name would be mixed up. */
function uniqueNames(connectors: readonly ImportedConnector[], notTaken: NotTaken[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { id, name } of connectors) {
    if (taken.has(name)) {
      notTaken.push({
        file: id,
        name,
        part: 'connector',
        reason: 'Another connector has the same name; its rules are not taken.',
      });
      continue;
    }
    taken.add(name);
    names.set(id, name);
  }
  return names;
}

function takeSettings(
  documents: readonly Document[],
  notTaken: NotTaken[],
): { metaverseSchema: MetaverseSchema; globalParameters: Readonly<Record<string, string>> } {
  const document = documents.find(({ root }) => root.name === 'saved-mv-configuration' || root.name === 'mv-data');
  if (!document) {
    const reason = 'The file GlobalSettings/MV.xml is missing; the metaverse schema as shipped is used.';
    notTaken.push({ file: 'GlobalSettings/MV.xml', name: 'metaverse', part: 'file', reason });
    return { metaverseSchema: builtInMetaverseSchema, globalParameters: {} };
  }
  const settings = readSettings(document.root, document.path);
  notTaken.push(...settings.notTaken);
  return settings;
}

function takeRule(
  path: string,
  root: XmlNode,
  connectors: ReadonlyMap<string, string>,
  notTaken: NotTaken[],
): SyncRule[] {
  const read = readRule(root, path, connectors);
  notTaken.push(...read.notTaken);
  return read.rule ? [read.rule] : [];
}
