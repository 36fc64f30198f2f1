/** What became of the password of one person, and sending it again. Nothing here ever sees a password. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import type { PasswordUser } from '../../api/generated.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/fields.tsx';
import { Card } from '../../ui/parts.tsx';
import { StateText } from '../../ui/shape.tsx';
import { words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { announce } from '../../ui/toast.tsx';

export function PasswordLookup() {
  const [reference, setReference] = useState('');
  const look = useMutation({
    mutationFn: () => get<{ users: readonly PasswordUser[] }>('/passwords/users', { reference: reference.trim() }),
  });
  const again = useMutation({
    mutationFn: () => send('POST', '/passwords/resync', { reference: reference.trim() }),
    onSuccess: () => {
      announce('The password is read and sent again.');
      look.mutate();
    },
    onError: tellRefusal,
  });
  return (
    <Card title="One person">
      <form
        className="stack stack-12"
        onSubmit={(event) => {
          event.preventDefault();
          look.mutate();
        }}
      >
        <div className="row row-wrap evaluate-row">
          <div className="grow">
            <Field label="Who" hint="UPN, mail, account name, DN or anchor." error={look.error?.message}>
              {(ids) => (
                <input {...ids} className="input" value={reference} onChange={(e) => setReference(e.target.value)} />
              )}
            </Field>
          </div>
          <Button type="submit" busy={look.isPending} disabled={reference.trim() === ''}>
            Look
          </Button>
          <Button needs="operator" busy={again.isPending} disabled={!look.data} onClick={() => again.mutate()}>
            Send again
          </Button>
        </div>
        {look.data?.users.map((u) => (
          <section key={`${u.connector} ${u.dn}`} className="stack stack-4" aria-label={u.dn}>
            <StateText state={u.step === 'synchronized' ? 'ok' : u.queued ? 'waiting' : 'warning'}>
              <span className="strong">{words(u.step)}</span> <span className="soft">{u.dn}</span>
            </StateText>
            {u.detail && <p>{u.detail}</p>}
            <ul className="entries entries-flush">
              {u.history.map((h) => (
                <li key={h.at} className="entry between">
                  <span>
                    {h.status} <span className="soft">{words(h.reason)}</span>
                  </span>
                  <Time at={h.at} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </form>
    </Card>
  );
}
