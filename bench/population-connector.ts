/** A connected directory that makes its objects on the way, so that a benchmark measures the engine and not the source. */
import {
  type Connector,
  ConnectorError,
  type ConnectorSession,
  type ImportBatch,
  type ImportRequest,
} from '../src/connectors/contract.ts';
import type { ImportedChange, ImportedObject } from '../src/model/change.ts';
import { baseDn, group, person } from './population.ts';

export interface Population {
  readonly people: number;
  readonly groups: number;
  /** Members of the first group; all others have 20. */
  readonly bigGroup: number;
  /** What the next delta import reports. */
  changes: ImportedChange[];
}

/** The DN is made from the anchor's number, so that references carry one as in a real directory. */
export function createPopulationConnector(name: string, population: Population): Connector {
  return { name, type: 'active-directory', open: async () => session(name, population) };
}

function session(name: string, population: Population): ConnectorSession {
  const parameters = {
    'Domain.FQDN': 'corp.contoso.com',
    'Domain.Netbios': 'CORP',
    'Domain.LDAP': baseDn,
    'Forest.FQDN': 'corp.contoso.com',
    'Forest.Netbios': 'CORP',
    'Forest.LDAP': baseDn,
  };
  return {
    schema: { objectTypes: ['user', 'group'], attributes: new Map() },
    partitions: [{ name: baseDn }],
    server: name,
    parameters: () => parameters,
    import: (request) => (request.mode === 'full' ? everything(population) : changed(population, request)),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function* everything(p: Population): AsyncIterable<ImportBatch> {
  let items: ImportedObject[] = [];
  for (let i = 0; i < p.people + p.groups; i++) {
    items.push(i < p.people ? user(i, p.people) : groupObject(i - p.people, p));
    if (items.length === 1000) {
      yield { items };
      items = [];
    }
  }
  yield { items, watermark: '{"seq":0}' };
}

function user(i: number, people: number): ImportedObject {
  const { anchor, dn, attributes, manager } = person(i, people);
  return {
    kind: 'object',
    anchor,
    dn,
    objectType: 'user',
    attributes,
    references: manager ? { manager: [{ anchor: manager, dn: `CN=${manager},${baseDn}` }] } : {},
  };
}

function groupObject(i: number, p: Population): ImportedObject {
  const { anchor, dn, attributes, members } = group(i, p.people, i === 0 ? p.bigGroup : 20);
  return {
    kind: 'object',
    anchor,
    dn,
    objectType: 'group',
    attributes,
    references: { member: members.map((m) => ({ anchor: m, dn: `CN=${m},${baseDn}` })) },
  };
}

async function* changed(p: Population, request: ImportRequest): AsyncIterable<ImportBatch> {
  if (request.watermark === undefined)
    throw new ConnectorError('full-import-required', 'no watermark', { status: 'success', remedy: '' });
  const items = p.changes;
  p.changes = [];
  yield { items, watermark: request.watermark };
}
