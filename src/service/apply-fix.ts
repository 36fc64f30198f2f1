/** Carries out a fix in the running service: the change, a cycle, a fresh look; all of it in the audit log. */
import { LiveConnections } from '../diagnosis/connectivity/live.ts';
import type { Finding } from '../diagnosis/findings/finding.ts';
import { applyFix, chooseFix, type FixResult, findingsAbout } from '../diagnosis/fix/fix.ts';
import { FixError } from '../diagnosis/fix/fix-error.ts';
import type { Actor } from '../health/audit.ts';
import { readFieldChange } from '../scheduler/fields.ts';
import { requireRole } from './api/security.ts';
import { makeConnectors } from './engine/make-connectors.ts';
import { roleOf } from './facts/diagnosis.ts';
import { Refusal } from './refusal.ts';
import type { ServiceContext } from './service-context.ts';
import { mayAct, type Role } from './sign-in/roles.ts';
import type { Session } from './sign-in/session.ts';

/** Milliseconds that a fix and its cycle may take. */
const longest = 600_000;

/** Where a finding is told. */
export interface ToldWhere {
  /** The object that was asked about, if it was one. */
  readonly reference?: string | undefined;
  /** Not in a diagnosis, but in the plan of the next export. */
  readonly from?: 'plan' | undefined;
}

/** `number` counts the fixes of the finding from 1. Throws a Refusal that says what was done and what was not. */
export async function applyFinding(
  context: ServiceContext,
  session: Session,
  actor: Actor,
  id: string,
  number: number | undefined,
  where: ToldWhere,
): Promise<FixResult> {
  const { desk } = context;
  const told = where.from === 'plan' ? await desk.planned() : await diagnosed(context, where.reference);
  const finding = told.find((f) => f.id === id);
  if (!finding) throw new Refusal('not-found', 'This finding is gone: nothing has to be fixed any more.');
  try {
    const fix = chooseFix(finding, number);
    if (fix.action) await requireRoleFor(context, session, actor, finding, fix.title, roleOf(fix.action));
    return await carryOut(context, actor, finding, fix, where);
  } catch (error) {
    if (error instanceof FixError) throw new Refusal('conflict', error.message, { code: error.code });
    throw error;
  }
}

/** Of the whole system, or of one object, which is found by the objects of the finding too if it is another name now. */
const diagnosed = async ({ desk }: ServiceContext, reference: string | undefined, about?: Finding) =>
  reference === undefined
    ? (await desk.whole()).findings
    : findingsAbout((name) => desk.object(name), reference, about);

/** As for every endpoint: who tried what she may not is written down, too. */
async function requireRoleFor(
  context: ServiceContext,
  session: Session,
  actor: Actor,
  finding: Finding,
  title: string,
  role: Role,
): Promise<void> {
  if (mayAct(session.roles, role)) return;
  const entry = { action: 'apply-fix', subject: finding.code, outcome: 'forbidden' };
  await context.change(actor, { kind: 'note', entry });
  requireRole(session, role, title);
}

async function carryOut(
  context: ServiceContext,
  actor: Actor,
  finding: Finding,
  fix: Finding['fix'][number],
  where: ToldWhere,
): Promise<FixResult> {
  await using live = new LiveConnections(makeConnectors(context.config), AbortSignal.timeout(longest));
  const notes: Promise<unknown>[] = [];
  const change = (what: Parameters<ServiceContext['change']>[1]) => {
    const done = context.change(actor, what);
    notes.push(done);
    return done;
  };
  const result = await applyFix(
    {
      live,
      async cycle(policy) {
        await Promise.all(notes.splice(0));
        const work = context.queue.add({ kind: 'cycle', policy, retryAll: true }, actor.who, 'person');
        const ended = await context.queue.ended(work.id);
        if (ended.error) return ended.error.message;
        return (ended.result as { outcome?: string } | undefined)?.outcome ?? ended.state;
      },
      journal: (kind, detail) =>
        void change({ kind: 'note', entry: { action: kind, subject: finding.code, after: detail } }),
      async diagnose() {
        context.desk.forget();
        const now = await diagnosed(context, where.reference, finding);
        // Told before the export, it may be told after it.
        return where.from === 'plan' ? [...now, ...(await context.desk.planned())] : now;
      },
      setScheduler: (field, value) => void change({ kind: 'set-scheduler', fields: [readFieldChange(field, value)] }),
      async editConfiguration({ path, from, to, value }) {
        const change = {
          path,
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
          ...(value === undefined ? {} : { value }),
        };
        await context.configuration.change(actor, { kind: 'place', change }, fix.title);
      },
      approveDeletes: (connector, hash) => void change({ kind: 'approve-deletes', connector, hash }),
    },
    finding,
    fix,
  );
  await Promise.all(notes);
  return result;
}
