/** What will be wrong, by its causes, while it can still be mended: both sides and the fix, as the issues tell them. */
import { useState } from 'react';
import type { Finding } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { ExportMenu } from '../../ui/export-menu.tsx';
import { Shape } from '../../ui/shape.tsx';
import { count, plural } from '../../ui/text.ts';
import { FindingDetail, severityState } from '../issues/finding.tsx';

/** Causes that are shown at first, and with every "more". */
const step = 10;

export function PlannedFindings(props: { findings: readonly Finding[]; onApplied: () => void }) {
  const { findings } = props;
  const [shown, setShown] = useState(step);
  const [worst] = findings;
  if (!worst) return null;
  const hidden = findings.length - shown;
  return (
    <section className="stack stack-24" aria-label="Causes to look at before the export">
      <div className="between">
        <p className="verdict">
          <Shape state={severityState(worst.severity)} size={14} />
          <span>{plural(findings.length, 'cause')} to look at before the export.</span>
        </p>
        <ExportMenu
          sheet={() => ({
            columns: ['id', 'severity', 'code', 'title', 'attribute', 'value', 'objects', 'summary'],
            rows: findings.map((f) => [f.id, f.severity, f.code, f.title, f.attribute, f.value, f.affected, f.summary]),
          })}
          json={() => findings}
        />
      </div>
      {findings.slice(0, shown).map((f) => (
        <FindingDetail key={f.id} finding={f} planned={{ onApplied: props.onApplied }} />
      ))}
      {hidden > 0 && (
        <div>
          <Button size="small" onClick={() => setShown(shown + step)}>
            Show {count(Math.min(step, hidden))} of {count(hidden)} more
          </Button>
        </div>
      )}
    </section>
  );
}
