/** Putting a draft into force: what changes, why, and then the button that says so. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../../api/client.ts';
import type { RuleChange } from '../../api/generated.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Switch } from '../../ui/fields.tsx';
import { Note } from '../../ui/parts.tsx';
import { plural } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';
import { RuleChanges } from './rule-changes.tsx';

export function PublishDialog(props: {
  name: string;
  changes: readonly RuleChange[];
  onClose: () => void;
  onDone: () => void;
}) {
  const [reason, setReason] = useState('');
  const [isNow, setNow] = useState(true);
  const client = useQueryClient();
  const publish = useMutation({
    mutationFn: async () => {
      const done = await send<{ version: number }>('POST', `/drafts/${encodeURIComponent(props.name)}/publish`, {
        reason,
      });
      if (isNow) await send('POST', '/cycles', { policy: 'delta' });
      return done;
    },
    onSuccess: ({ version }) => {
      announce(
        `Published as configuration version ${version}.${isNow ? ' The synchronization of everything has begun.' : ''}`,
      );
      for (const key of ['drafts', 'rules', 'configuration', 'status'])
        void client.invalidateQueries({ queryKey: [key] });
      props.onDone();
    },
  });
  return (
    <Dialog
      title={`Publish ${props.name}.yaml`}
      isWide
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" needs="approver" busy={publish.isPending} onClick={() => publish.mutate()}>
            Put {plural(props.changes.length, 'changed rule')} into force
          </Button>
        </>
      }
    >
      <div className="stack stack-16">
        <RuleChanges changes={props.changes} emptyText="Nothing differs from the rules in force." />
        <Field label="Reason" hint="Kept with the version, for whoever asks later." error={publish.error?.message}>
          {(ids) => <input {...ids} className="input" value={reason} onChange={(e) => setReason(e.target.value)} />}
        </Field>
        <Switch label="Start the cycle now" isOn={isNow} onChange={setNow} />
        <Note state="waiting">
          The next cycle computes every identity anew with these rules. Deletes above the threshold are held back for an
          approval.
        </Note>
      </div>
    </Dialog>
  );
}
