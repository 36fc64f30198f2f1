/** How the local tenant behaves where the real one decides for itself; and its clock. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { send } from '../../api/client.ts';
import type { Tenant } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Choice, Field, Switch } from '../../ui/fields.tsx';
import { Card } from '../../ui/parts.tsx';
import { exact } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';

interface SwitchText {
  readonly title: string;
  readonly hint: string;
  readonly options?: readonly (readonly [string, string])[];
}
const switches: Readonly<Record<string, SwitchText>> = {
  resiliency: {
    title: 'Duplicate attribute resiliency',
    hint: 'A duplicate is set aside instead of refusing the object.',
  },
  hardMatchProtection: { title: 'Hard match protection', hint: 'The protections of July 2026 for holders of roles.' },
  upnAgainstAddresses: {
    title: 'Sign-in names against addresses',
    hint: 'A sign-in name must not be an address of somebody else.',
  },
  throttling: {
    title: 'Throttling',
    hint: 'Rate limits of the Graph plane.',
    options: [
      ['off', 'Off'],
      ['S', 'Small tenant'],
      ['M', 'Medium tenant'],
      ['L', 'Large tenant'],
    ],
  },
  softMatchAddress: {
    title: 'Soft match by',
    hint: 'Which addresses find an existing object.',
    options: [
      ['any', 'Any address'],
      ['primary', 'The primary address'],
    ],
  },
  samePrimaryOnAdd: {
    title: 'Same primary address on add',
    hint: 'What happens to the newcomer.',
    options: [
      ['refuse', 'Refused'],
      ['quarantine', 'Set aside'],
    ],
  },
  invalidUserPrincipalName: {
    title: 'Invalid sign-in name',
    hint: 'Refuse it, or replace its domain.',
    options: [
      ['refuse', 'Refused'],
      ['fallback', 'Replaced'],
    ],
  },
  federatedDomainChange: {
    title: 'Change between federated domains',
    hint: 'Of a sign-in name.',
    options: [
      ['refuse', 'Refused'],
      ['allow', 'Allowed'],
    ],
  },
  unknownProperty: {
    title: 'Unknown property',
    hint: 'In a request of the synchronization.',
    options: [
      ['refuse', 'Refused'],
      ['ignore', 'Ignored'],
    ],
  },
};

export function TenantSwitches(props: { tenant: Tenant }) {
  const { tenant: t } = props;
  const client = useQueryClient();
  const done = (facts: Tenant, text: string) => {
    client.setQueryData(['tenant', 'facts'], facts);
    void client.invalidateQueries({ queryKey: ['tenant'] });
    announce(text);
  };
  const set = useMutation({
    mutationFn: (change: Record<string, string | boolean>) => send<Tenant>('PATCH', '/tenant/switches', change),
    onSuccess: (facts) => done(facts, 'The tenant behaves so from now on.'),
    onError: tellRefusal,
  });
  const [forward, setForward] = useState('1d');
  const move = useMutation({
    mutationFn: () => send<Tenant>('POST', '/tenant/clock', { forward }),
    onSuccess: (facts) => done(facts, `The tenant’s clock says ${exact(Date.parse(facts.now))}.`),
  });
  return (
    <div className="halves">
      <Card title="Behaviour">
        <div className="stack stack-16">
          {Object.entries(switches).map(([key, text]) => {
            const value = t.switches[key];
            if (value === undefined) return null;
            return (
              <div key={key} className="stack stack-4">
                {text.options ? (
                  <div className="between">
                    <span>{text.title}</span>
                    <Choice
                      label={text.title}
                      value={String(value)}
                      options={text.options}
                      onChange={(v) => v && set.mutate({ [key]: v })}
                    />
                  </div>
                ) : (
                  <Switch
                    needs="admin"
                    label={text.title}
                    isOn={value === true}
                    onChange={(on) => set.mutate({ [key]: on })}
                  />
                )}
                <p className="soft small">{text.hint}</p>
              </div>
            );
          })}
        </div>
      </Card>
      <Card title="Clock">
        <form
          className="stack stack-12"
          onSubmit={(event) => {
            event.preventDefault();
            move.mutate();
          }}
        >
          <p>
            It says <span className="strong">{exact(Date.parse(t.now))}</span>.
          </p>
          <p className="soft small">
            Moving it does what falls due meanwhile: quarantined values heal, the recycle bin forgets after 30 days.
          </p>
          <div className="row row-wrap evaluate-row">
            <div className="grow">
              <Field
                label="Forward by"
                hint="A duration such as 1h or 31d. It never goes back."
                error={move.error?.message}
              >
                {(ids) => (
                  <input {...ids} className="input" value={forward} onChange={(e) => setForward(e.target.value)} />
                )}
              </Field>
            </div>
            <Button type="submit" needs="admin" busy={move.isPending}>
              Move it forward
            </Button>
          </div>
        </form>
      </Card>
    </div>
  );
}
