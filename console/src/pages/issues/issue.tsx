/** One cause: who is on both sides, how we know, and the fix with its button. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'wouter';
import { findingsQuery } from '../../api/queries.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Card, Empty, PageHead, Skeleton } from '../../ui/parts.tsx';
import { Time } from '../../ui/time.tsx';
import { FindingDetail, severityState } from './finding.tsx';

export function IssuePage() {
  const { id } = useParams<{ id: string }>();
  const findings = useQuery(findingsQuery);
  const finding = findings.data?.findings?.find((f) => f.id === id);
  const trail = [{ label: 'Issues', href: '/issues' }];
  if (findings.error && !findings.data)
    return (
      <div className="page">
        <Failure error={findings.error} onRetry={() => void findings.refetch()} />
      </div>
    );
  if (!findings.data)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    );
  if (!finding)
    return (
      <div className="page">
        <PageHead title={id} trail={trail} state="ok" verdict="This issue is gone." />
        <Card>
          <Empty state="ok" title="Nothing to do any more">
            The cause was not found when it was last looked for. It comes back here by itself should it return.
          </Empty>
        </Card>
      </div>
    );
  return (
    <div className="page">
      <PageHead title={finding.code} trail={trail} state={severityState(finding.severity)} verdict={finding.title}>
        <span className="soft small">
          first seen <Time at={finding.firstSeen} />
        </span>
        <Button onClick={() => void copyText(JSON.stringify(finding, null, 2), 'the finding as JSON')}>
          Copy as JSON
        </Button>
        <Button busy={findings.isFetching} onClick={() => void findings.refetch()}>
          Check again
        </Button>
      </PageHead>
      <Card>
        <FindingDetail finding={finding} isWhole />
      </Card>
    </div>
  );
}
