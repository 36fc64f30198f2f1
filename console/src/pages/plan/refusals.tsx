/** What the cloud will refuse of the plan, before it is asked. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { findingsQuery } from '../../api/queries.ts';
import { Card } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { plural } from '../../ui/text.ts';
import { severityState } from '../issues/finding.tsx';

export function Refusals(props: { connector: string }) {
  const findings = useQuery(findingsQuery);
  const predicted = (findings.data?.findings ?? []).filter((f) => f.predicted);
  if (predicted.length === 0) return null;
  return (
    <Card title="Predicted refusals" aside={`by the rules of ${props.connector}`} flush>
      <ul className="entries">
        {predicted.map((f) => (
          <li key={f.id} className="entry between">
            <StateText state={severityState(f.severity)}>
              <Link href={`/issues/${f.id}`} className="strong">
                {f.title}
              </Link>{' '}
              <span className="soft mono">{f.value}</span>
            </StateText>
            <span className="soft small">{plural(f.affected, 'object')}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
