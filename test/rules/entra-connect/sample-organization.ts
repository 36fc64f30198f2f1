/** The people, groups, contacts and computers of `examples/contoso` as identities: linked accounts together. */
import { fileURLToPath } from 'node:url';
import { createLdifConnector } from '../../../src/connectors/ldif/ldif.ts';
import type { ImportedObject } from '../../../src/model/change.ts';
import { valueKey } from '../../../src/model/value.ts';
import { forest, otherForest, type SourceObject } from '../out-of-box/world.ts';

export async function sampleOrganization(): Promise<SourceObject[][]> {
  const accounts = await objectsOf('corp.ldif');
  const mailboxes = await objectsOf('resource.ldif');
  const sid = (o: ImportedObject, name: string) =>
    o.attributes[name] === undefined ? undefined : valueKey(o.attributes[name] as never);
  const byMaster = new Map(
    mailboxes.flatMap((o) =>
      sid(o, 'msExchMasterAccountSid') ? [[sid(o, 'msExchMasterAccountSid')!, o] as const] : [],
    ),
  );
  const linked = new Set<ImportedObject>();
  const identities = accounts.map((o) => {
    const mailbox = byMaster.get(sid(o, 'objectSid') ?? '');
    if (mailbox) linked.add(mailbox);
    return [source(forest, o), ...(mailbox ? [source(otherForest, mailbox)] : [])];
  });
  return [...identities, ...mailboxes.filter((o) => !linked.has(o)).map((o) => [source(otherForest, o)])];
}

async function objectsOf(file: string): Promise<ImportedObject[]> {
  const path = fileURLToPath(new URL(`../../../examples/contoso/${file}`, import.meta.url));
  const { signal } = new AbortController();
  await using session = await createLdifConnector({ name: file, path }).open(signal);
  const objects: ImportedObject[] = [];
  const request = {
    partition: session.partitions[0]!,
    mode: 'full' as const,
    attributes: new Set<string>(),
    objectTypes: new Set<string>(),
    signal,
    warn: () => {},
  };
  for await (const batch of session.import(request))
    for (const item of batch.items) if (item.kind === 'object') objects.push(item);
  return objects.filter((o) => ['user', 'inetOrgPerson', 'group', 'contact', 'computer'].includes(o.objectType));
}

function source(connector: string, o: ImportedObject): SourceObject {
  return {
    connector,
    objectType: o.objectType,
    dn: o.dn,
    values: o.attributes,
    references: Object.fromEntries(Object.entries(o.references).map(([name, targets]) => [name, targets.length])),
  };
}
