/** What is known of a connection that does not work, besides its ways: with what, since when, how much of the budget was used. */
import { publishedLimits } from '../../connectors/entra/graph-quota.ts';
import type { RunRow } from '../../store/records.ts';
import type { EngineConnector } from '../../sync/context.ts';
import { counted, type DiagnosisContext, type Endpoint } from '../diagnose-context.ts';
import type { Evidence } from '../findings/finding.ts';
import { messageOf } from './cycles.ts';

export function applicationEvidence(endpoint: Endpoint | undefined, now: number): Evidence[] {
  const app = endpoint?.application;
  if (!app) return [];
  const ends =
    app.expires === undefined
      ? 'when it ends only the tenant knows'
      : `it ${app.expires < now ? 'ended' : 'ends'} ${new Date(app.expires).toISOString()}`;
  return [
    { source: 'application', fact: `${app.clientId} in the tenant ${app.tenantId}` },
    { source: 'credential', fact: `${app.credential}; ${ends}` },
  ];
}

/** What an application may write in a tenant (entra-directory s.5.12), and what this server used of it. */
export function budgetEvidence(context: DiagnosisContext, connector: EngineConnector): Evidence[] {
  const { limit, seconds } = publishedLimits.writes;
  const hour = context.now - 3_600_000;
  const runs = context.store.reports
    .runs({ before: Number.MAX_SAFE_INTEGER, limit: 200, connector: connector.row.id })
    .filter((r) => r.profile === 'export' && r.started >= hour);
  const written = runs.reduce((sum, r) => {
    const counters = Object.entries(JSON.parse(r.counters) as Record<string, number>);
    return sum + counters.filter(([name]) => /^export-(add|update|delete)$/.test(name)).reduce((n, [, v]) => n + v, 0);
  }, 0);
  return [
    {
      source: 'budget',
      fact: `${counted(written, 'object')} written by this server in the last hour (${counted(runs.length, 'export')}); an application may write ${limit} in ${seconds} s. What it did not use, others with the same application did.`,
    },
  ];
}

export function firstFailure(context: DiagnosisContext, connector: EngineConnector): RunRow | undefined {
  const runs = context.store.reports.runs({ before: Number.MAX_SAFE_INTEGER, limit: 200, connector: connector.row.id });
  const good = runs.findIndex((r) => !/^(stopped|no-start)/.test(r.status));
  return (good < 0 ? runs : runs.slice(0, good)).at(-1);
}
export function sinceEvidence(context: DiagnosisContext, connector: EngineConnector): Evidence[] {
  const run = firstFailure(context, connector);
  if (!run) return [];
  const good = context.store.reports.runs({ before: run.id, limit: 1, connector: connector.row.id })[0];
  const source = 'run history';
  return [
    { source, fact: `first failed ${new Date(run.started).toISOString()} (${run.profile}): ${messageOf(run)}` },
    ...(good
      ? [{ source, fact: `last went well ${new Date(good.ended ?? good.started).toISOString()} (${good.profile})` }]
      : []),
  ];
}
