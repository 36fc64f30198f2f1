/** What changed since the last full run: rules, containers, types. A delta alone would skip unchanged objects. */
import { clouds, type Detector, type DiagnosisContext, sources } from '../diagnose-context.ts';
import type { Evidence, FindingFacts } from '../findings/finding.ts';
import { commandFix } from '../fix/text.ts';

export const due: Detector = {
  name: 'due',
  detect: (context) => (context.focus ? [] : [...rulesChanged(context), ...scopeChanged(context)]),
};

/** The key under which a full synchronization keeps the version of its rules (sync/cycle.ts). */
const rulesKey = 'synchronized-rules-version';

function rulesChanged(context: DiagnosisContext): FindingFacts[] {
  const before = context.store.records.setting(rulesKey);
  const now = context.engine.ruleSet.version;
  if (before === undefined || before === now) return [];
  const version = context.store.administration.lastVersion();
  const evidence: Evidence[] = [
    { source: 'store', fact: `the last full synchronization ran with the rules ${before.slice(0, 12)}` },
    { source: 'rules', fact: `the rules are ${now.slice(0, 12)} now` },
    ...(version
      ? [
          {
            source: 'configuration versions',
            fact: `${new Date(version.time).toISOString()} ${version.who}: ${version.reason}`,
          },
        ]
      : []),
  ];
  return [
    {
      code: 'needs-full-sync',
      root: 'rules',
      attribute: 'rules',
      value: now.slice(0, 12),
      summary:
        'The rules changed since the last full synchronization. A delta synchronization would leave every object as it is that did not change itself; the next cycle therefore runs a full one.',
      evidence,
      fix: [
        commandFix('See first what the rules change', ['plan', '--rules']),
        commandFix('Run it now: full synchronization of everything', ['sync'], { kind: 'cycle', policy: 'delta' }),
      ],
    },
  ];
}

interface ImportSettings {
  readonly scope?: string;
  readonly types?: readonly string[];
  readonly attributes?: readonly string[];
}

function scopeChanged(context: DiagnosisContext): FindingFacts[] {
  return [...sources(context), ...clouds(context)].flatMap((connector) =>
    context.store.records.partitions(connector.row.id).flatMap((partition) => {
      if (partition.settings === null) return [];
      const was = JSON.parse(partition.settings) as ImportSettings;
      const wanted: Required<ImportSettings> = {
        scope: connector.scopeOf(partition.name)?.fingerprint ?? '',
        types: [...connector.settings.objectTypes].sort(),
        attributes: [...context.engine.ruleSet.readAttributes(connector.row.name)].sort(),
      };
      const changed = [
        ...(was.scope !== wanted.scope ? ['the selected containers'] : []),
        ...(JSON.stringify(was.types) !== JSON.stringify(wanted.types) ? ['the object types'] : []),
        ...difference('the rules read', wanted.attributes, was.attributes ?? []),
      ];
      if (changed.length === 0) return [];
      const { name } = connector.row;
      return [
        {
          code: 'needs-full-sync' as const,
          root: [name, partition.name].join('|'),
          attribute: 'partitions',
          value: partition.name,
          summary: `${name}: ${changed.join(' and ')} changed since the last import of ${partition.name}. What a delta would not report is missing until a full import; the next cycle runs one by itself.`,
          objects: [{ role: 'connector' as const, connector: name }],
          affected: 1,
          evidence: changed.map((fact) => ({ source: 'configuration', fact: `${fact} changed` })),
          fix: [
            commandFix(`Run it now: full import of ${name}, then a synchronization`, ['sync'], {
              kind: 'cycle' as const,
              policy: 'delta' as const,
            }),
          ],
        },
      ];
    }),
  );
}

function difference(what: string, now: readonly string[], before: readonly string[]): string[] {
  const added = now.filter((n) => !before.includes(n));
  return added.length === 0 ? [] : [`${what} (new: ${added.slice(0, 5).join(', ')})`];
}
