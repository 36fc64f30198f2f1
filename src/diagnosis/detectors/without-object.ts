/** What makes a cloud object of an identity that has none: who has to give what, or which right. */
import { isGuidText } from '../../model/guid.ts';
import { sidText } from '../../model/sid.ts';
import { isBinary } from '../../model/value.ts';
import type { CsRow } from '../../store/connector-space.ts';
import { clouds, connectorOf, type DiagnosisContext, sources } from '../diagnose-context.ts';
import { explainScope } from '../explain/scope.ts';
import type { Evidence, Fix } from '../findings/finding.ts';
import { attributesOf, text } from '../findings/object.ts';
import type { DirectoryChange } from '../fix/action.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { bulkFix, type DirectoryTarget, grantCommand, powershell, powershellFix, textFix } from '../fix/text.ts';
import { containerFix } from './references.ts';

interface Cure {
  readonly evidence: readonly Evidence[];
  readonly fixes: readonly Fix[];
}

/** Objects for which a fix is written out. */
const most = 20;

export async function withoutObjectCure(
  context: DiagnosisContext,
  code: string,
  rows: readonly CsRow[],
): Promise<Cure> {
  switch (code) {
    case 'linked-mailbox-without-account':
      return linkedMailboxes(context, rows);
    case 'no-anchor':
      return { evidence: [], fixes: anchorFixes(context, rows) };
    default:
      return { evidence: [], fixes: readFixes(context, rows) };
  }
}

/** The right to read one attribute, on each object that lacks it. */
function readFixes(context: DiagnosisContext, rows: readonly CsRow[]): Fix[] {
  const grants = rows.slice(0, most).map((row) => {
    const connector = connectorOf(context, row)?.row.name;
    const account = context.facts.endpoints?.find((e) => e.connector === connector)?.user ?? '<account>';
    return grantCommand(row.dn, `${account}:RP;userAccountControl`);
  });
  return [
    powershellFix(
      'Let the account read userAccountControl, and read the directory once as a whole: causeway sync --policy initial',
      'directory',
      grants.join('\n'),
    ),
  ];
}

/**
 * Values that nobody has twice, made of the objectGUID: sixteen characters, because the shortest attribute that is used as an
 * anchor (employeeID) takes no more. Proposed only: whoever has numbers of their own writes those.
 */
function anchorFixes(context: DiagnosisContext, rows: readonly CsRow[]): Fix[] {
  const attribute = context.facts.sourceAnchor ?? 'the attribute that "sourceAnchor" names';
  const targets = rows.slice(0, most).flatMap((row): DirectoryTarget[] => {
    const connector = connectorOf(context, row)?.row.name;
    if (connector === undefined || row.anchor === null || !isGuidText(row.anchor)) return [];
    const value = row.anchor.replaceAll('-', '').slice(-16);
    return [{ connector, dn: row.dn, changes: [{ operation: 'add', attribute, values: [value] }] }];
  });
  const filled = bulkFix(
    `Fill ${attribute}: your own values, or these, which nobody else has; it must never change again`,
    targets,
    false,
  );
  // Only as long as no object of the cloud is known by another anchor.
  const isFresh = clouds(context).every((c) => context.store.cs.page(c.row.id, 'user', 0, 1).length === 0);
  const other = configurationFix(context, 'Nothing was exported so far: read the anchor from where everybody has one', {
    path: ['sourceAnchor'],
    value: 'mS-DS-ConsistencyGuid',
  });
  return [...(targets.length > 0 ? [filled] : []), ...(isFresh ? [other] : [])];
}

/** Where the account of each mailbox is, if a configured directory has it; and the conversion of the mailbox. */
async function linkedMailboxes(context: DiagnosisContext, rows: readonly CsRow[]): Promise<Cure> {
  const evidence: Evidence[] = [];
  const fixes = new Map<string, Fix>();
  for (const row of rows.slice(0, most)) {
    const sid = attributesOf(row).msExchMasterAccountSid;
    const wanted = sid !== undefined && isBinary(sid) ? sidText(Buffer.from(sid.base64, 'base64')) : undefined;
    if (wanted === undefined) {
      evidence.push({ source: 'connector space', fact: `${row.dn} has no msExchMasterAccountSid` });
      continue;
    }
    const account = await accountOf(context, wanted);
    if (!account) {
      evidence.push({
        source: 'directories',
        fact: `the account ${wanted} of ${row.dn} is in no configured directory; its domain is ${wanted.replace(/-\d+$/, '')}`,
      });
      continue;
    }
    evidence.push({ source: account.connector, fact: `the account ${wanted} of ${row.dn} is ${account.dn}` });
    const { closed, connector, partition } = explainScope(context.engine, account.dn, 'user');
    if (closed?.code !== 'ou-not-in-scope') continue;
    const container = account.dn.replace(/^(?:[^,\\]|\\.)*,/, '');
    fixes.set(container, containerFix(context, connector, partition, container));
  }
  const foreign = textFix(
    'Bring the account into scope',
    'configuration',
    'Configure a connector for the forest of the account (the evidence has its SID), or select its container: mailbox and account join by msExchMasterAccountSid.',
  );
  return { evidence, fixes: [...(fixes.size > 0 ? fixes.values() : [foreign]), ...conversions(context, rows)] };
}

async function accountOf(
  context: DiagnosisContext,
  sid: string,
): Promise<{ readonly connector: string; readonly dn: string } | undefined> {
  for (const { row } of sources(context)) {
    const directory = await context.live?.directory(row.name);
    const [entry] =
      (await directory?.read({
        base: `<SID=${sid}>`,
        scope: 'base',
        filter: { present: 'objectClass' },
        attributes: ['1.1'],
        signal: context.signal,
      })) ?? [];
    if (entry) return { connector: row.name, dn: entry.dn };
  }
  return undefined;
}

/** The mailbox becomes one of the account that it lies on; Exchange wants to do that itself where there is one. */
function conversions(context: DiagnosisContext, rows: readonly CsRow[]): Fix[] {
  const own = rows.slice(0, most);
  const targets = own.flatMap((row): DirectoryTarget[] => {
    const connector = connectorOf(context, row)?.row.name;
    const sid = attributesOf(row).msExchMasterAccountSid;
    const clear: DirectoryChange[] =
      sid !== undefined && isBinary(sid)
        ? [{ operation: 'delete', attribute: 'msExchMasterAccountSid', values: [sid] }]
        : [];
    const changes: DirectoryChange[] = [
      { operation: 'replace', attribute: 'msExchRecipientTypeDetails', values: ['1'] },
      ...clear,
    ];
    return connector === undefined ? [] : [{ connector, dn: row.dn, changes }];
  });
  const shell = own.map(
    (row) =>
      `Set-User -Identity ${powershell(text(attributesOf(row), 'userPrincipalName') ?? row.dn)} -LinkedMasterAccount $null`,
  );
  return [
    powershellFix(
      'Or convert the mailbox to one of its own account (Exchange Management Shell)',
      'directory',
      shell.join('\n'),
    ),
    bulkFix('The same without Exchange: in the attributes alone', targets, false),
  ];
}
