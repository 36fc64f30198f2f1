/** Password hash synchronization: state by domain, what is held up, and what became of one person's password. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import type { PasswordChannel, PasswordDomain, PasswordStatus } from '../../api/generated.ts';
import type { PasswordAnswer } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge, Card, Empty, Facts, Note, PageHead, Skeleton } from '../../ui/parts.tsx';
import { type State, StateText } from '../../ui/shape.tsx';
import { count, duration, plural, words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';
import { PasswordLookup } from './lookup.tsx';

export function Passwords() {
  const client = useQueryClient();
  const status = useQuery({
    queryKey: ['passwords'],
    queryFn: ({ signal }) => get<PasswordStatus>('/passwords', {}, signal),
    refetchInterval: 15_000,
  });
  const check = useMutation({
    mutationFn: () => send<PasswordAnswer>('POST', '/passwords/check', {}),
    onSuccess: (answer) => {
      const bad = answer.channels.flatMap((c) => [...c.errors, ...(c.servers ?? []).flatMap((s) => s.error ?? [])]);
      const [first] = bad;
      announce(
        first ? `${first.message} ${first.remedy}` : 'Every domain controller answers and grants both rights.',
        first ? 'error' : 'ok',
      );
      void client.invalidateQueries({ queryKey: ['passwords'] });
    },
    onError: tellRefusal,
  });
  const sync = useMutation({
    mutationFn: () => send<PasswordAnswer>('POST', '/passwords/sync', {}),
    onSuccess: () => {
      announce('A password cycle ran.');
      void client.invalidateQueries({ queryKey: ['passwords'] });
    },
    onError: tellRefusal,
  });
  if (status.error)
    return (
      <div className="page">
        <Failure error={status.error} onRetry={() => void status.refetch()} />
      </div>
    );
  const s = status.data;
  if (!s)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    );
  const verdict = verdictOf(s);
  return (
    <div className="page">
      <PageHead title="Passwords" state={verdict.state} verdict={verdict.sentence}>
        {s.channels.length > 0 && (
          <>
            <Button
              needs="operator"
              busy={check.isPending}
              onClick={() => check.mutate()}
              title="Tries every domain controller and both rights; sends nothing"
            >
              Diagnose
            </Button>
            <Button kind="primary" needs="operator" busy={sync.isPending} onClick={() => sync.mutate()}>
              Synchronize now
            </Button>
          </>
        )}
      </PageHead>
      {s.channels.length === 0 && (
        <Card>
          <Empty title="No connector synchronizes passwords">
            Only Active Directory can: set “passwordHashSync: true” on its connector in causeway.yaml. People then sign
            in to the cloud with the password of their directory; the password itself never leaves it.
          </Empty>
        </Card>
      )}
      {s.channels.map((c) => (
        <Channel key={c.connector} channel={c} />
      ))}
      {s.channels.length > 0 && <PasswordLookup />}
    </div>
  );
}

type HeldUp = PasswordDomain['heldUp'][number];
/** Accounts outside of what is imported have passwords, too, and are meant to stay where they are. */
const isOutside = (h: HeldUp): boolean => h.reason === 'not-imported';
const heldUpIn = (d: PasswordDomain): number => d.heldUp.reduce((n, h) => n + (isOutside(h) ? 0 : h.users), 0);

function domainState(d: PasswordDomain): State {
  if (d.lastError) return 'error';
  if (d.fullInProgress) return 'running';
  if (heldUpIn(d) > 0) return 'warning';
  return d.lastSuccess === null ? 'none' : 'ok';
}

function verdictOf(s: PasswordStatus): { state: State; sentence: string } {
  const domains = s.channels.flatMap((c) => c.domains);
  const failing = domains.filter((d) => d.lastError !== null);
  const held = domains.reduce((n, d) => n + heldUpIn(d), 0);
  if (s.channels.length === 0) return { state: 'none', sentence: 'Passwords are not synchronized.' };
  if (failing.length > 0)
    return {
      state: 'error',
      sentence: `Passwords of ${plural(failing.length, 'domain')} do not reach the cloud: ${failing[0]?.lastError?.message ?? ''}`,
    };
  if (s.channels.some((c) => c.state === 'staging'))
    return { state: 'warning', sentence: 'Staging: no password is sent.' };
  if (s.channels.some((c) => c.state === 'not-ready'))
    return { state: 'waiting', sentence: 'Waiting for the first synchronization.' };
  if (held > 0)
    return {
      state: 'warning',
      sentence: `Passwords flow, but those of ${plural(held, 'person', 'people')} are held up.`,
    };
  return { state: 'ok', sentence: 'Passwords flow to the cloud.' };
}

const stateTexts = { on: 'on', staging: 'staging: sends nothing', 'not-ready': 'waits for the first synchronization' };

function Channel(props: { channel: PasswordChannel }) {
  const { channel: c } = props;
  return (
    <Card
      title={`${c.connector} to ${c.cloud}`}
      aside={<Badge tone={c.state === 'on' ? 'ok' : 'warning'}>{stateTexts[c.state]}</Badge>}
    >
      <div className="stack stack-16">
        {c.lastError && (
          <Note state="error">
            <p className="strong">{c.lastError.message}</p>
            <p>{c.lastError.remedy}</p>
          </Note>
        )}
        <Facts
          rows={[
            ['Account', `${c.account}${c.ownAccount ? '' : ' (the one that imports)'}`],
            ['Last heartbeat', <Time key="h" at={c.lastHeartbeat} />],
            ['Last batch', <Time key="b" at={c.lastBatch} absent="nothing was sent yet" />],
          ]}
        />
        {c.domains.map((d) => (
          <section key={d.namingContext} className="stack stack-4" aria-label={d.namingContext}>
            <div className="between">
              <StateText state={domainState(d)}>
                <span className="strong">{d.namingContext}</span>
              </StateText>
              <span className="soft small">
                {d.fullInProgress ? (
                  'everybody is being sent'
                ) : (
                  <>
                    last cycle <Time at={d.lastCycle} />
                  </>
                )}
              </span>
            </div>
            <Facts
              rows={[
                [
                  'Waiting',
                  `${count(d.queue.waiting)} now, ${count(d.queue.retry)} to be tried again, ${count(d.queue.requested)} asked for`,
                ],
                ['Last change seen', <Time key="c" at={d.lastChange} />],
                ['Everybody sent', <Time key="f" at={d.fullCompleted} />],
                d.endpoint ? ['Domain controller', d.endpoint] : undefined,
                d.clockSkewMs !== null && Math.abs(d.clockSkewMs) > 1000
                  ? ['Clocks differ by', duration(d.clockSkewMs)]
                  : undefined,
              ]}
            />
            {d.lastError && (
              <Note state="error">
                <p className="strong">{d.lastError.message}</p>
                <p>{d.lastError.remedy}</p>
              </Note>
            )}
            {d.heldUp.map((h) => (
              <Note key={`${h.status} ${h.reason}`} state={isOutside(h) ? 'none' : 'warning'}>
                {isOutside(h) ? (
                  <>Not imported, so nothing is sent: {plural(h.users, 'account')}.</>
                ) : (
                  <>
                    {plural(h.users, 'person', 'people')}: {words(h.reason)}
                  </>
                )}{' '}
                <span className="mono small">{h.status}</span>
              </Note>
            ))}
          </section>
        ))}
      </div>
    </Card>
  );
}
