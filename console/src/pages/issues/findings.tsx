/** Findings that concern one object, with their fixes. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import type { Diagnosis } from '../../api/types.ts';
import { Failure } from '../../ui/failure.tsx';
import { Card, Skeleton } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { FindingDetail } from './finding.tsx';

export function Findings(props: { reference: string }) {
  const diagnosis = useQuery({
    queryKey: ['findings', 'object', props.reference],
    queryFn: ({ signal }) => get<Diagnosis>('/diagnosis', { reference: props.reference }, signal),
  });
  const findings = diagnosis.data?.findings ?? [];
  if (diagnosis.error)
    return (
      <Card title="Diagnosis">
        <Failure error={diagnosis.error} onRetry={() => void diagnosis.refetch()} />
      </Card>
    );
  if (!diagnosis.data) return <Skeleton rows={2} />;
  return (
    <Card title="Diagnosis" aside={diagnosis.data.verdict}>
      {findings.length === 0 ? (
        <StateText state="ok">No case of the casebook fits this object.</StateText>
      ) : (
        <div className="stack stack-24">
          {findings.map((f) => (
            <FindingDetail key={f.id} finding={f} />
          ))}
        </div>
      )}
    </Card>
  );
}
