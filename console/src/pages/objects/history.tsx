/** Everything that happened to an identity, newest first, with what changed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get } from '../../api/client.ts';
import type { AttributeValue, HistoryLine } from '../../api/types.ts';
import { ruleHref } from '../../ui/address.ts';
import { Diff } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';

export function History(props: { reference: string }) {
  const history = useQuery({
    queryKey: ['object', props.reference, 'history'],
    queryFn: ({ signal }) =>
      get<readonly HistoryLine[]>(`/objects/${encodeURIComponent(props.reference)}/history`, {}, signal),
  });
  if (history.error) return <Failure error={history.error} onRetry={() => void history.refetch()} />;
  if (!history.data) return <Skeleton />;
  if (history.data.length === 0)
    return (
      <Card>
        <Empty title="Nothing happened yet">
          Links, changed values and exports are written down here with the run that did them.
        </Empty>
      </Card>
    );
  return (
    <Card flush label="History">
      <ol className="entries">
        {[...history.data].reverse().map((h) => (
          <HistoryEntry key={h.id} line={h} />
        ))}
      </ol>
    </Card>
  );
}

function HistoryEntry(props: { line: HistoryLine }) {
  const { line: h } = props;
  const before: Record<string, AttributeValue | undefined> = {};
  const after: Record<string, AttributeValue | undefined> = {};
  for (const c of h.changes) {
    before[c.attribute] = c.before;
    after[c.attribute] = c.after;
  }
  const { rule, ...others } = h.detail;
  const facts = Object.entries(others).filter(([, v]) => typeof v === 'string' || typeof v === 'number');
  return (
    <li className="entry">
      <div className="between">
        <span className="strong break">
          {h.connector && <span className="soft">{h.connector}: </span>}
          {h.connector ? h.title : words(h.title)}
        </span>
        <span className="soft small nowrap">
          <Time at={h.time} />
          {h.run !== null && (
            <>
              {' '}
              in <Link href={`/runs/${h.run}`}>run {h.run}</Link>
            </>
          )}
        </span>
      </div>
      {h.dn && !/^CN=\{[0-9A-F]+\}$/i.test(h.dn) && <p className="soft small break">{h.dn}</p>}
      {(facts.length > 0 || typeof rule === 'string') && (
        <p className="soft small break">
          {facts.map(([n, v]) => `${n}: ${String(v)}`).join(', ')}
          {typeof rule === 'string' && (
            <>
              {facts.length > 0 && ', '}by the rule <Link href={ruleHref(rule)}>{rule}</Link>
            </>
          )}
        </p>
      )}
      {h.changes.length > 0 && <Diff before={before} after={after} />}
    </li>
  );
}
