/** The decisions as a file: saved for a spreadsheet, read back, or carried out from here. */
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { send, sendFile } from '../../api/client.ts';
import type { PrecheckDecision } from '../../api/generated.ts';
import { Button } from '../../ui/button.tsx';
import { plural } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';
import { ApplyDialog } from './apply-dialog.tsx';
import { changesOf, type Decisions, decisionsOf } from './decisions.ts';

/** As large as the service takes. */
const longestBytes = 20_000_000;

/** Gives the browser a file to keep. */
function keep(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function DecisionTable(props: { job: number; decisions: Decisions; onRead: (decisions: Decisions) => void }) {
  const file = useRef<HTMLInputElement>(null);
  const [isAsking, setAsking] = useState(false);
  const changes = changesOf(props.decisions);
  const save = useMutation({
    mutationFn: () =>
      send<string>('POST', `/precheck/${props.job}/table`, { decisions: [...props.decisions.values()] }),
    onSuccess: (text) => {
      keep(`data-quality-${props.job}.csv`, text);
      announce('Saved. "causeway precheck --apply" carries out the lines with an ACTION, and can undo them.');
    },
    onError: tellRefusal,
  });
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      if (chosen.size > longestBytes) throw new Error(`${chosen.name} is larger than ${longestBytes / 1_000_000} MB.`);
      const text = await chosen.text();
      const decisions = decisionsOf(await sendFile<PrecheckDecision[]>('/precheck/decisions', text, 'text/csv'));
      props.onRead(decisions);
      announce(`${plural(decisions.size, 'decision')} read from ${chosen.name}.`);
    } catch (error) {
      tellRefusal(error);
    }
  };
  return (
    <>
      <span className="soft small nowrap">
        {props.decisions.size > 0 && `${plural(props.decisions.size, 'value')} accepted`}
      </span>
      <input
        ref={file}
        type="file"
        accept=".csv,text/csv"
        hidden
        aria-label="A table with decisions"
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      <Button onClick={() => file.current?.click()}>Open CSV…</Button>
      <Button busy={save.isPending} onClick={() => save.mutate()}>
        Save CSV
      </Button>
      {changes.length > 0 && (
        <Button kind="primary" needs="operator" onClick={() => setAsking(true)}>
          Apply {plural(changes.length, 'value')}…
        </Button>
      )}
      {isAsking && (
        <ApplyDialog
          job={props.job}
          changes={changes}
          onDone={() => props.onRead(new Map())}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
