/** Carrying out a fix: the change itself, its journal entry, the cycle that shows whether it helped, and a fresh look. */
import { ConnectorError } from '../../connectors/contract.ts';
import { LdapError } from '../../ldap/errors.ts';
import type { Ambiguous, Diagnosis } from '../diagnose.ts';
import type { LiveAccess } from '../diagnose-context.ts';
import type { Finding, Fix } from '../findings/finding.ts';
import type { ConfigurationChange, FixAction, GraphCall } from './action.ts';
import { FixError } from './fix-error.ts';
import { manyChanges, performMany } from './portions.ts';

/** What a fix may do to the world; absent members are things that cannot be done here. */
export interface FixHost {
  readonly live: LiveAccess & { reset(): Promise<void> };
  /** One cycle; the outcome in a word. */
  cycle(policy: 'delta' | 'initial'): Promise<string>;
  /** Written before the change leaves, and again with what became of it. */
  journal(
    kind: 'fix-started' | 'fix-portion' | 'fix-applied' | 'fix-failed',
    detail: Readonly<Record<string, unknown>>,
  ): void;
  /** Told while many objects are changed. */
  progress?(done: number, total: number): void;
  /** The findings as they are now. */
  diagnose(): Promise<readonly Finding[]>;
  setScheduler?(field: string, value: string): void;
  approveDeletes?(connector: string, hash: string): void;
  editConfiguration?(change: ConfigurationChange): void | Promise<void>;
}

export interface FixResult {
  readonly finding: string;
  readonly code: string;
  readonly fix: string;
  readonly isGone: boolean;
  readonly cycles: number;
  readonly outcome: string;
  /** The finding as it is now, if it is still there. */
  readonly now?: Finding;
}

/**
 * The findings about one object, asked again after a fix: by the reference that was asked first, otherwise by the objects
 * of the finding, because a fix may have changed the very name.
 */
export async function findingsAbout(
  ask: (reference: string) => Promise<Diagnosis | Ambiguous>,
  reference: string,
  about?: Finding,
): Promise<readonly Finding[]> {
  const names = [reference, ...(about?.objects ?? []).flatMap((o) => o.dn ?? [])];
  for (const name of new Set(names)) {
    const told = await ask(name);
    if (told.kind === 'diagnosis') return told.findings;
  }
  return [];
}

/** The findings whose id begins so, or whose case is called so. */
export const findingsCalled = (findings: readonly Finding[], id: string): readonly Finding[] =>
  findings.filter((f) => f.id.startsWith(id.toLowerCase()) || f.code === id);

/** The finding that an id means; its beginning is enough if only one begins so. */
export function findFinding(findings: readonly Finding[], id: string): Finding {
  const matching = findingsCalled(findings, id);
  const [only] = matching;
  if (only && matching.length === 1) return only;
  const known = (matching.length > 0 ? matching : findings).slice(0, 10).map((f) => `${f.id} ${f.code}`);
  throw new FixError(
    'unknown-finding',
    `${matching.length === 0 ? 'No finding is called' : 'Several findings are called'} "${id}". ${known.length > 0 ? `There are: ${known.join('; ')}.` : 'Nothing is wrong.'}${matching.length === 0 ? ' One that only "causeway diagnose REF" tells is found with --for REF.' : ''}`,
  );
}

/** The fix with this number (from 1), or the first that can be carried out. */
export function chooseFix(finding: Finding, number?: number): Fix {
  if (number === undefined) {
    const first = finding.fix.find((f) => f.applicable);
    if (first) return first;
    throw new FixError(
      'not-applicable',
      `No fix of ${finding.code} can be carried out from here; do what it says by hand.`,
    );
  }
  const chosen = finding.fix[number - 1];
  if (!chosen) throw new FixError('not-applicable', `${finding.code} has ${finding.fix.length} fixes, not ${number}.`);
  if (!chosen.applicable || !chosen.action)
    throw new FixError('not-applicable', `Fix ${number} of ${finding.code} ("${chosen.title}") is to be done by hand.`);
  return chosen;
}

/** Carries out a fix, runs a cycle and looks again. Throws a FixError if the change is refused. */
export async function applyFix(host: FixHost, finding: Finding, fix: Fix): Promise<FixResult> {
  const { action } = fix;
  if (!action) throw new FixError('not-applicable', `"${fix.title}" is to be done by hand.`);
  const many = manyChanges(action);
  const named = { finding: finding.id, code: finding.code, fix: fix.title };
  // Of many changes each portion tells its own.
  const about = many ? { ...named, changes: many.length } : { ...named, action };
  host.journal('fix-started', about);
  try {
    if (many) await performMany(host, many, named);
    else await perform(host, action);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    host.journal('fix-failed', { ...about, reason });
    throw refusal(error, fix, reason);
  }
  const outcome = await host.cycle(action.kind === 'cycle' ? action.policy : 'delta');
  await putBack(host, action);
  await host.live.reset();
  const now = (await host.diagnose()).find((f) => f.id === finding.id);
  host.journal('fix-applied', { ...about, outcome, isGone: now === undefined });
  return {
    finding: finding.id,
    code: finding.code,
    fix: fix.title,
    isGone: now === undefined,
    cycles: 1,
    outcome,
    ...(now ? { now } : {}),
  };
}

function refusal(error: unknown, fix: Fix, reason: string): unknown {
  if (error instanceof FixError) return error;
  if (error instanceof LdapError || error instanceof ConnectorError)
    return new FixError('fix-refused', `"${fix.title}" was refused: ${reason}`, error);
  return error;
}

async function perform(host: FixHost, action: FixAction): Promise<void> {
  switch (action.kind) {
    case 'directory': {
      const directory = await host.live.directory(action.connector);
      if (!directory)
        throw new FixError('fix-refused', `The directory ${action.connector} cannot be reached to change it.`);
      await directory.modify(action.dn, action.changes);
      return;
    }
    case 'directory-delete': {
      const directory = await host.live.directory(action.connector);
      if (!directory)
        throw new FixError('fix-refused', `The directory ${action.connector} cannot be reached to change it.`);
      await directory.remove(action.dn, action.guid);
      return;
    }
    case 'cloud':
      for (const call of action.calls) await callGraph(host, action.connector, call, action.permissions);
      return;
    case 'sequence':
      for (const one of action.actions) {
        if (one.kind === 'cycle') await host.cycle(one.policy);
        else await perform(host, one);
      }
      return;
    case 'scheduler':
      return required(host.setScheduler, 'The schedule')(action.field, action.value);
    case 'approve-deletes':
      return required(host.approveDeletes, 'The approval')(action.connector, action.hash);
    case 'configuration':
      return required(host.editConfiguration, 'The configuration')(action);
    case 'cycle':
  }
}

function required<T>(hook: T | undefined, what: string): T {
  if (hook) return hook;
  throw new FixError('not-applicable', `${what} cannot be changed from here.`);
}

async function callGraph(
  host: FixHost,
  connector: string,
  call: GraphCall,
  permissions: readonly string[],
): Promise<void> {
  const tenant = await host.live.tenant(connector);
  if (!tenant) throw new FixError('fix-refused', `The cloud directory ${connector} cannot be reached to change it.`);
  const { status, body } = await tenant.graph(call);
  if (status >= 200 && status < 300) return;
  // What is to be deleted and is gone already is no failure.
  if (status === 404 && call.method === 'DELETE') return;
  const told = (body as { error?: { message?: string } } | undefined)?.error?.message ?? '';
  const hint =
    status === 403 ? ` The application of the connector needs the permission ${permissions.join(' and ')}.` : '';
  throw new FixError('fix-refused', `Graph answers ${status} to ${call.method} ${call.path}: ${told}${hint}`);
}

/** What was lifted for one cycle only comes back, also if the cycle did not go well. */
async function putBack(host: FixHost, action: FixAction): Promise<void> {
  if (action.kind === 'sequence') for (const one of action.actions) await putBack(host, one);
  if (action.kind !== 'cloud') return;
  for (const call of action.after ?? []) await callGraph(host, action.connector, call, action.permissions);
}
