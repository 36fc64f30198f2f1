/** What needs somebody: each with the place where it is dealt with, who cares for it, and a way to keep it quiet. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { send } from '../../api/client.ts';
import type { Alert } from '../../api/generated.ts';
import { useMay } from '../../shell/session.tsx';
import { address } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Toggle } from '../../ui/fields.tsx';
import { Card } from '../../ui/parts.tsx';
import { Shape, type State } from '../../ui/shape.tsx';
import { plural, withoutCommands } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';

export const alertStates: Readonly<Record<Alert['severity'], State>> = {
  error: 'error',
  warning: 'warning',
  info: 'none',
};

/** Where an alert is dealt with, and what one does there. */
function wayOut(alert: Alert): readonly [href: string, label: string] {
  if (/delete/.test(alert.code)) return [address('/plan', { connector: alert.subject }), 'Look at the deletes'];
  if (/scheduler|staging|suspend|maintenance/.test(alert.code)) return ['/settings', 'Open the schedule'];
  if (/rule/.test(alert.code)) return ['/rules', 'Open the rules'];
  if (/error|refus/.test(alert.code)) return ['/issues', 'See the causes'];
  if (/password|heartbeat/.test(alert.code)) return ['/passwords', 'Open passwords'];
  if (/notif|silent|expir|secret|certificate/.test(alert.code)) return ['/settings', 'Open settings'];
  if (alert.run !== undefined) return [`/runs/${alert.run}`, 'Open the run'];
  return ['/runs', 'Open the runs'];
}

export function Alerts(props: { alerts: readonly Alert[] }) {
  const [showsMuted, setShowsMuted] = useState(false);
  const muted = props.alerts.filter((a) => a.isMuted);
  const shown = showsMuted ? props.alerts : props.alerts.filter((a) => !a.isMuted);
  const earlier = (
    <Link href="/alerts" className="small">
      Earlier alerts
    </Link>
  );
  if (props.alerts.length === 0) return <p>{earlier}</p>;
  return (
    <Card
      title="Needs attention"
      flush
      aside={
        <span className="row">
          {muted.length > 0 && (
            <Button size="small" kind="quiet" onClick={() => setShowsMuted(!showsMuted)}>
              {showsMuted ? 'Hide what is muted' : `${plural(muted.length, 'alert')} muted`}
            </Button>
          )}
          {earlier}
        </span>
      }
    >
      <ul className="alerts">
        {shown.map((a) => (
          <AlertRow key={a.key} alert={a} />
        ))}
      </ul>
    </Card>
  );
}

function AlertRow(props: { alert: Alert }) {
  const { alert: a } = props;
  const [href, label] = wayOut(a);
  return (
    <li className="alert-row">
      <Shape state={alertStates[a.severity]} size={12} />
      <div className="grow">
        <p className="strong">{a.title}</p>
        <p className="soft break">
          {withoutCommands(a.summary)}
          {a.acknowledgedBy && <> {a.acknowledgedBy} cares for it.</>}
          {a.isMuted && <> It is muted.</>}
        </p>
      </div>
      {a.since && (
        <span className="soft small nowrap">
          since <Time at={a.since} />
        </span>
      )}
      <Link href={href} className="button button-small">
        {label}
      </Link>
      {a.id !== undefined && <AlertMenu alert={a} id={a.id} />}
    </li>
  );
}

function AlertMenu(props: { alert: Alert; id: number }) {
  const { alert: a, id } = props;
  const may = useMay('operator');
  const client = useQueryClient();
  const menu = useRef<HTMLDetailsElement>(null);
  const [isMuting, setMuting] = useState(false);
  const change = useMutation({
    mutationFn: ([method, what]: readonly ['POST' | 'DELETE', 'acknowledgement' | 'mute']) =>
      send(method, `/alerts/${id}/${what}`, method === 'POST' ? {} : undefined),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['status'] }),
    onError: tellRefusal,
  });
  const choose = (act: () => void) => () => {
    if (menu.current) menu.current.open = false;
    act();
  };
  if (!may) return null;
  return (
    <>
      <details className="menu" ref={menu}>
        <summary className="button button-quiet button-small" aria-label={`More about: ${a.title}`}>
          <Icon name="more" />
        </summary>
        <div className="menu-items">
          {a.acknowledgedBy ? (
            <button type="button" onClick={choose(() => change.mutate(['DELETE', 'acknowledgement']))}>
              Nobody cares for it any more
            </button>
          ) : (
            <button type="button" onClick={choose(() => change.mutate(['POST', 'acknowledgement']))}>
              I care for it
            </button>
          )}
          {a.isMuted ? (
            <button type="button" onClick={choose(() => change.mutate(['DELETE', 'mute']))}>
              Tell it again
            </button>
          ) : (
            <button type="button" onClick={choose(() => setMuting(true))}>
              Mute…
            </button>
          )}
        </div>
      </details>
      {isMuting && <MuteDialog alert={a} id={id} onClose={() => setMuting(false)} />}
    </>
  );
}

const spells = [
  ['1', 'A day'],
  ['7', 'A week'],
  ['30', '30 days'],
] as const;
const dayMs = 86_400_000;

function MuteDialog(props: { alert: Alert; id: number; onClose: () => void }) {
  const client = useQueryClient();
  const [days, setDays] = useState<(typeof spells)[number][0]>('1');
  const [reason, setReason] = useState('');
  const mute = useMutation({
    mutationFn: () =>
      send('POST', `/alerts/${props.id}/mute`, {
        until: new Date(Date.now() + Number(days) * dayMs).toISOString(),
        reason,
      }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['status'] });
      announce('It is muted; the reason is in the audit log.');
      props.onClose();
    },
  });
  return (
    <Dialog
      title={`Mute: ${props.alert.title}`}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" needs="operator" busy={mute.isPending} onClick={() => mute.mutate()}>
            Mute it
          </Button>
        </>
      }
    >
      <div className="stack stack-12">
        <p>Nobody is told of it for this time, also if it goes and comes back meanwhile.</p>
        <Toggle label="For how long" value={days} options={spells} onChange={setDays} />
        <Field label="Reason" error={mute.error?.message}>
          {(ids) => <input {...ids} className="input" value={reason} onChange={(e) => setReason(e.target.value)} />}
        </Field>
      </div>
    </Dialog>
  );
}
