/** Steps that end before their time for a reason that no other case tells, and objects that an import could not read. */
import type { RunRow } from '../../store/records.ts';
import { counted, type Detector, type DiagnosisContext, groupBy } from '../diagnose-context.ts';
import { runStatus } from '../findings/errors/run-statuses.ts';
import type { FindingFacts, FindingObject, Fix } from '../findings/finding.ts';
import { stepsFix } from '../fix/configuration-text.ts';
import { bulkFix, commandFix, type DirectoryTarget, textFix } from '../fix/text.ts';

export const runs: Detector = {
  name: 'runs',
  async detect(context) {
    if (context.focus) return [];
    const found: FindingFacts[] = [];
    for (const run of latestOfEachKind(context)) {
      if (run.status === 'completed-discovery-errors') found.push(...unread(context, run));
      else if (/^(stopped|no-start)/.test(run.status) && !(await isToldElsewhere(context, run)))
        found.push(failed(context, run));
    }
    return found;
  },
};

const kindOf = (run: RunRow): string => run.profile.replace(/^(full|delta)-/, '');

/** A good full import makes up for a delta import that failed before it. */
function latestOfEachKind(context: DiagnosisContext): RunRow[] {
  const groups = groupBy(context.store.diagnosis.lastRuns(), (r) => `${r.connector} ${kindOf(r)}`);
  return [...groups.values()].map((group) => group.reduce((a, b) => (b.id > a.id ? b : a)));
}

/** Statuses that are wanted, or that have a case of their own. */
const elsewhere: ReadonlySet<string> = new Set([
  ...['stopped-deletion-threshold-exceeded', 'stopped-database-disk-full', 'stopped-server-shutdown'],
  ...['stopped-user-termination-from-wmi-or-ui', 'stopped-object-limit'],
]);
/** Ways to the directory and sign-in: tried now, and told as they are now. */
const ways: ReadonlySet<string> = new Set([
  ...['no-start-connection', 'no-start-credentials', 'no-start-no-domain-controller', 'stopped-connectivity'],
  ...['stopped-bad-server-credentials', 'stopped-server-down'],
]);

async function isToldElsewhere(context: DiagnosisContext, run: RunRow): Promise<boolean> {
  if (elsewhere.has(run.status) || ways.has(run.status)) return true;
  const name = connectorName(context, run);
  if (name === undefined || !context.live) return false;
  const opened = await context.live.session(name).then(
    () => true,
    () => false,
  );
  return !opened;
}

const connectorName = (context: DiagnosisContext, run: RunRow): string | undefined =>
  run.connector === null ? undefined : context.engine.byId.get(run.connector)?.row.name;

interface RunError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly count?: number;
  readonly objects?: readonly {
    readonly code: string;
    readonly detail: string;
    readonly dn?: string;
    readonly attribute?: string;
  }[];
}
const errorOf = (run: RunRow): RunError | undefined =>
  run.error === null ? undefined : (JSON.parse(run.error) as RunError);

function failed(context: DiagnosisContext, run: RunRow): FindingFacts {
  const name = connectorName(context, run);
  const error = errorOf(run);
  const status = runStatus(run.status);
  const what = `${run.profile}${name === undefined ? '' : ` of ${name}`}`;
  return {
    code: 'run-failed',
    root: [name ?? '', kindOf(run), error?.code ?? run.status].join('|'),
    errorCode: error?.code ?? run.status,
    value: run.status,
    summary: `${what} ended with ${run.status}: ${error?.message ?? status?.meaning ?? 'no reason was written down.'}`,
    objects: name === undefined ? [] : [{ role: 'connector', connector: name }],
    affected: 1,
    evidence: [
      {
        source: `run ${run.id}`,
        fact: `${new Date(run.started).toISOString()} ${what}: ${run.status}${status ? ` (${status.title})` : ''}`,
      },
      ...(error ? [{ source: error.code, fact: error.message }] : []),
    ],
    fix: [
      ...(error?.code === 'source-collapse' ? [collapse(context)] : []),
      textFix('What to do', 'configuration', error?.remedy ?? status?.remedy ?? 'Look at the run: causeway runs'),
      ...(error?.code === 'source-collapse'
        ? []
        : [commandFix('Then run a cycle', ['sync'], { kind: 'cycle', policy: 'delta' })]),
    ],
    firstSeen: run.started,
  };
}

/** For one full import only: the guard comes back. */
const collapse = (context: DiagnosisContext): Fix => {
  const path = ['limits', 'collapseShare'];
  return stepsFix(context, 'If the objects really went: allow it for one full import, and put the guard back', [
    { path, value: 1 },
    { cycle: 'initial' },
    { path, value: context.engine.limits.collapseShare },
  ]);
};

/** One finding for each kind of mistake, however many objects have it. */
function unread(context: DiagnosisContext, run: RunRow): FindingFacts[] {
  const name = connectorName(context, run) ?? '';
  const error = errorOf(run);
  const known = error?.objects ?? [];
  const groups = groupBy(known, (o) => `${o.code}|${o.attribute ?? ''}`);
  return [...groups].map(([key, group]) => {
    const [first] = group;
    // Only some are named: if all of those are alike, so are the others.
    const n = groups.size === 1 ? (error?.count ?? group.length) : group.length;
    const objects = group.map(
      (o): FindingObject => ({ role: 'source', connector: name, ...(o.dn === undefined ? {} : { dn: o.dn }) }),
    );
    const right = /^missing-(anchor|object-class)/.test(first?.code ?? '');
    return {
      code: 'import-error',
      root: [name, key].join('|'),
      errorCode: first?.code,
      attribute: first?.attribute,
      summary: `${counted(n, 'object')} of ${name} cannot be read (${first?.code}): ${first?.detail ?? ''} Until then no deletion in ${name} is noticed, and everything is read again each time.`,
      objects,
      affected: n,
      evidence: group.slice(0, 5).map((o) => ({ source: `${run.profile} of ${name}, run ${run.id}`, fact: o.detail })),
      fix: [
        ...clearing(name, group),
        textFix(
          right ? 'Let the account read it, or correct the object' : 'Correct the value in the directory',
          'directory',
          `${objects
            .slice(0, 5)
            .map((o) => o.dn ?? '')
            .join('\n')}\n${error?.remedy ?? ''}`,
        ),
        commandFix('Then run a cycle', ['sync'], { kind: 'cycle', policy: 'delta' }),
      ],
      firstSeen: run.started,
    };
  });
}

/**
 * Without a value that is none, the object can be read; whoever knows the right one writes that instead. Active Directory
 * lets nobody clear some numbers that every account has (countryCode, codePage, …), so numbers become 0.
 */
function clearing(
  connector: string,
  group: readonly {
    readonly code: string;
    readonly detail: string;
    readonly dn?: string;
    readonly attribute?: string;
  }[],
): Fix[] {
  const targets = group.flatMap(({ code, detail, dn, attribute }): DirectoryTarget[] => {
    if (code !== 'cs-attribute-type-mismatch' || dn === undefined || attribute === undefined) return [];
    const values = / is no integer\b/.test(detail) ? ['0'] : [];
    return [{ connector, dn, changes: [{ operation: 'replace', attribute, values }] }];
  });
  return targets.length === 0 ? [] : [bulkFix('Clear the value, or write the right one in its place', targets)];
}
