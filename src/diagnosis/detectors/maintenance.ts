/** Section D: a window of the configuration holds cycles back. */
import type { DiagnosisContext } from '../diagnose-context.ts';
import type { FindingFacts } from '../findings/finding.ts';
import { configurationFix } from '../fix/configuration-text.ts';
import { commandFix } from '../fix/text.ts';

const iso = (ms: number): string => new Date(ms).toISOString();
const path = ['scheduler', 'maintenance'] as const;

/** A note while cycles are held back for less than two intervals, a warning for longer, and if there is no end of it. */
export function maintenance(context: DiagnosisContext): FindingFacts[] {
  const { scheduler, configurationFile } = context.facts;
  const open = scheduler?.maintenance?.openAt(context.now);
  if (!scheduler?.maintenance || !open) return [];
  const { since, until, isEndless, reason, places } = open;
  const { windows } = scheduler.maintenance;
  const isShort = !isEndless && until - since < 2 * scheduler.intervalMs;
  const because = reason === undefined ? '' : ` (${reason})`;
  const left = windows.filter((_, place) => !places.includes(place));
  return [
    {
      code: 'maintenance-window',
      severity: isShort ? 'info' : 'warning',
      root: path.join('.'),
      attribute: path.join('.'),
      value: JSON.stringify(places.map((place) => windows[place])),
      summary: isEndless
        ? `The maintenance windows leave no room for cycles: since ${iso(since)} one follows the other without a gap${because}. What changes in the directories does not reach the cloud; passwords go on.`
        : `No cycle starts by itself until ${iso(until)}: a maintenance window is open since ${iso(since)}${because}. What changes meanwhile comes with the first cycle afterwards; passwords go on.`,
      evidence: places.map((place) => ({
        source: context.facts.locate?.([...path, place]) ?? configurationFile ?? 'configuration',
        fact: JSON.stringify(windows[place]),
      })),
      fix: [
        configurationFix(context, 'Take the window out of the configuration', {
          path,
          value: left.length === 0 ? null : left,
        }),
        commandFix('Or run one cycle now; the window stays', ['sync']),
      ],
      firstSeen: since,
    },
  ];
}
