/** `causeway check`, `causeway approve`: the laws of what is stored, and the deletes that wait for somebody's word. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { auditChain } from '../../service/facts/audit.ts';
import { type DeletePlan, deletePlan } from '../../service/facts/delete-plan.ts';
import { checkStoredLaws } from '../../service/readings.ts';
import { type CliContext, CliError } from '../context.ts';
import { changeState } from '../engine-access.ts';
import { mark, paint, plain } from '../output.ts';

export function registerCheck(program: Command, context: () => CliContext): void {
  program
    .command('check')
    .description('check that what is stored keeps the laws: links, recomputation, references, audit log')
    .action(() => {
      const cli = context();
      using reading = cli.reading();
      const { config, store } = reading;
      const { identities, violations } = checkStoredLaws({
        config,
        store,
        rules: () => reading.rules(),
        scratch: tmpdir(),
      });
      const audit = auditChain(store);
      const isGood = violations.length === 0 && audit.brokenAt === undefined;
      process.exitCode = isGood ? 0 : 1;
      cli.answer({ ok: isGood, identities, violations, audit }, () =>
        [
          isGood
            ? `${mark('ok')} Everything keeps the laws: ${identities} identities recomputed, ${audit.rows} lines of the audit log.`
            : `${mark('error')} ${paint('bold', 'What is stored is not what it should be.')}`,
          ...violations.map((v) => `  law ${v.law}: ${v.what}: ${plain(v.objects.join(', '))}`),
          ...(audit.brokenAt === undefined ? [] : [`  the audit log was changed at line ${audit.brokenAt}`]),
          ...(violations.length === 0
            ? []
            : [
                '',
                'Run "causeway run CONNECTOR full-import" and "causeway sync --policy initial"; report it with "causeway support-bundle".',
              ]),
        ].join('\n'),
      );
    });
  program
    .command('approve <connector>')
    .description('approve exactly the deletes that wait for a connector')
    .option('--hash <hash>', 'approve only if the deletes are those with this hash')
    .option('--show', 'show what would be approved, and change nothing')
    .option('--withdraw', 'take the approval back')
    .action(async (connector: string, options: { hash?: string; show?: boolean; withdraw?: boolean }) => {
      const cli = context();
      const plan = readPlan(cli, connector);
      if (options.show) {
        cli.answer(plan, () => planText(plan));
        return;
      }
      if (options.withdraw && !plan.approval)
        throw new CliError('not-approved', `The deletes in ${connector} are not approved.`);
      if (!options.withdraw && plan.deletes === 0)
        throw new CliError('nothing-to-approve', `Nothing would be deleted in ${connector}.`);
      const hash = options.hash ?? plan.hash;
      await changeState(
        cli,
        { kind: options.withdraw ? 'withdraw-approval' : 'approve-deletes', connector, hash },
        {
          method: options.withdraw ? 'DELETE' : 'POST',
          path: `/plan/${encodeURIComponent(connector)}/approval`,
          body: { hash },
        },
      );
      const after = readPlan(cli, connector);
      cli.answer(after, () => planText(after));
    });
}

function readPlan(cli: CliContext, connector: string): DeletePlan {
  using reading = cli.reading();
  return deletePlan(reading.store, reading.config, connector);
}

function planText(plan: DeletePlan): string {
  const limit = plan.threshold === 0 ? 'no limit' : `the limit is ${plan.threshold}`;
  const state = plan.approval
    ? `${mark('ok')} Approved by ${plain(plan.approval.who)} at ${new Date(plan.approval.time).toISOString()}. The next export carries it out.`
    : plan.isHeld
      ? `${mark('waiting')} Held back: nothing is exported to ${plain(plan.connector)} until this is approved.`
      : `${mark('ok')} Within the limit: no approval is needed.`;
  return [
    `${plan.deletes} objects would be deleted in ${plain(plan.connector)}; ${limit}.`,
    `Plan ${plan.hash}`,
    state,
  ].join('\n');
}
