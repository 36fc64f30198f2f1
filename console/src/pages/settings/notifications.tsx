/** Who is told of alerts: the channels of the configuration, whether they work, and a message to try each. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Card, Empty, Skeleton } from '../../ui/parts.tsx';
import { Shape } from '../../ui/shape.tsx';
import { plural } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';

interface Channel {
  readonly name: string;
  readonly type: 'webhook' | 'file' | 'stdout';
  readonly target: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly delivered: string | null;
  readonly failures: number;
  readonly reason: string | null;
  readonly nextAttempt: string | null;
}
const from = { error: 'errors', warning: 'warnings and errors', info: 'everything' };

export function Notifications() {
  const client = useQueryClient();
  const channels = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => get<readonly Channel[]>('/notifications', {}, signal),
  });
  const trial = useMutation({
    mutationFn: (name: string) =>
      send<{ delivered: boolean; reason: string | null }>('POST', `/notifications/${encodeURIComponent(name)}/test`),
    onSuccess: ({ delivered, reason }) => {
      announce(
        delivered ? 'The test message arrived.' : `The test message did not arrive: ${reason}`,
        delivered ? 'ok' : 'error',
      );
      void client.invalidateQueries({ queryKey: ['notifications'] });
    },
    onError: tellRefusal,
  });
  return (
    <Card title="Notifications" flush>
      {channels.error ? (
        <Failure error={channels.error} onRetry={() => void channels.refetch()} />
      ) : !channels.data ? (
        <Skeleton rows={2} />
      ) : channels.data.length === 0 ? (
        <Empty title="Nobody is told of alerts">
          Web hooks, files and the standard output can be: name them under “notifications” in causeway.yaml.
        </Empty>
      ) : (
        <ul className="entries">
          {channels.data.map((c) => (
            <li key={c.name} className="entry between">
              <div>
                <p className="row">
                  <Shape state={c.failures > 0 ? 'error' : c.delivered ? 'ok' : 'none'} />
                  <span className="strong">{c.name}</span>
                  <span className="soft break">{c.target}</span>
                </p>
                <p className="soft small">
                  Is told of {from[c.severity]}.{' '}
                  {c.failures > 0 ? (
                    <>
                      {plural(c.failures, 'attempt')} failed: {c.reason}
                    </>
                  ) : c.delivered ? (
                    <>
                      Something arrived <Time at={c.delivered} />.
                    </>
                  ) : (
                    'Nothing was sent since the service started.'
                  )}
                </p>
              </div>
              <Button size="small" needs="admin" busy={trial.isPending} onClick={() => trial.mutate(c.name)}>
                Send a test
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
