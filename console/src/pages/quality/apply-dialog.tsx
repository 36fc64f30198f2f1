/** Carrying decisions out in the directories: what will be written, then the button that says so, then what became of it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { get, sendFile } from '../../api/client.ts';
import type { Job, PrecheckDecision } from '../../api/generated.ts';
import type { AppliedTable } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Chip } from '../../ui/diff.tsx';
import { Switch } from '../../ui/fields.tsx';
import { useJob } from '../../ui/job.tsx';
import { Note } from '../../ui/parts.tsx';
import { ProgressBar } from '../../ui/progress.tsx';
import { leafOf, plural } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';

/** Changes that are shown one by one. */
const shown = 20;

export function ApplyDialog(props: {
  job: number;
  changes: readonly PrecheckDecision[];
  /** Something was written: the decisions are no longer open. */
  onDone: () => void;
  onClose: () => void;
}) {
  // What was decided when the dialog opened; the list behind it may change.
  const [changes] = useState(props.changes);
  const [isExporting, setExporting] = useState(false);
  const client = useQueryClient();
  const apply = useJob<AppliedTable>(`apply ${props.job}`, `/precheck/${props.job}/apply`, {
    decisions: changes,
    followUp: isExporting ? 'cycle' : 'import',
  });
  const { job } = apply;
  const isOver = job !== undefined && job.state !== 'running';
  const close = () => {
    if (isOver) {
      props.onDone();
      for (const key of ['audit', 'status', 'precheck', 'job']) void client.invalidateQueries({ queryKey: [key] });
    }
    props.onClose();
  };
  return (
    <Dialog
      title={`Change ${plural(changes.length, 'value')} in the directories`}
      isWide
      onClose={close}
      footer={
        isOver ? (
          <Button onClick={close}>Close</Button>
        ) : (
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="danger" needs="operator" busy={apply.isBusy} onClick={apply.start}>
              Write {plural(changes.length, 'value')}
            </Button>
          </>
        )
      }
    >
      <div className="stack stack-16">
        {job?.state === 'running' && (
          <ProgressBar
            work={{ title: 'Writing to the directories', done: job.progress?.done ?? 0, total: job.progress?.total }}
            onCancel={apply.cancel}
          />
        )}
        {job?.state === 'failed' && <Note state="error">{job.error?.message}</Note>}
        {isOver && job.answer !== undefined ? (
          <Outcome answer={job.answer as AppliedTable} isCancelled={job.state === 'cancelled'} />
        ) : (
          <>
            <Changes changes={changes} />
            <Switch
              label="Run a whole cycle afterwards, which exports too"
              isOn={isExporting}
              onChange={setExporting}
            />
            <Note state="waiting">
              A value that somebody changed meanwhile stays as it is. Before each change the line that takes it back is
              on disk; who changed what stands in the audit log and in the history of each object.
            </Note>
          </>
        )}
      </div>
    </Dialog>
  );
}

function Changes(props: { changes: readonly PrecheckDecision[] }) {
  const { changes } = props;
  return (
    <ul className="stack">
      {changes.slice(0, shown).map((c) => (
        <li key={JSON.stringify([c.dn, c.attribute, c.value])}>
          <span className="strong">{leafOf(c.dn)}</span> <span className="mono">{c.attribute}</span>{' '}
          <span className="chips">
            {c.value !== '' && <Chip kind="-" text={c.value} />}
            {c.action === 'EDIT' && c.update !== '' && <Chip kind="+" text={c.update} />}
          </span>
        </li>
      ))}
      {changes.length > shown && <li className="soft">… and {changes.length - shown} more</li>}
    </ul>
  );
}

function Outcome(props: { answer: AppliedTable; isCancelled: boolean }) {
  const { answer } = props;
  const done = answer.results.filter((r) => r.outcome === 'applied').length;
  const failed = answer.results.filter((r) => r.outcome !== 'applied' && r.outcome !== 'already-so');
  return (
    <>
      <Note state={failed.length > 0 || answer.left > 0 ? 'warning' : 'ok'}>
        {plural(done, 'value')} written.
        {failed.length > 0 && ` ${plural(failed.length, 'value')} not.`}
        {answer.left > 0 && ` Called off: ${plural(answer.left, 'value')} left as they were.`}
        {answer.ran.map((r) => ` ${r.what}: ${r.outcome}.`)}
      </Note>
      {failed.length > 0 && (
        <ul className="stack">
          {failed.slice(0, shown).map((r) => (
            <li key={r.line}>
              <span className="strong">{leafOf(r.dn)}</span> <span className="mono">{r.attribute}</span>: {r.outcome}.{' '}
              {r.detail}
            </li>
          ))}
        </ul>
      )}
      {answer.undo !== null && <TakeBack path={answer.undo} />}
    </>
  );
}

/** The table that takes the changes back, carried out like any other. */
function TakeBack(props: { path: string }) {
  const name = props.path.split(/[\\/]/).at(-1) ?? '';
  const undo = useMutation({
    mutationFn: async () => {
      const table = await get<string>(`/precheck/undo/${name}`);
      return sendFile<Job>(`/precheck/apply?table=${encodeURIComponent(name)}`, table, 'text/csv');
    },
    onSuccess: () => announce('The changes are being taken back. The audit log tells when each of them was.'),
    onError: tellRefusal,
  });
  return (
    <p className="between">
      <span className="soft small mono break">{name}</span>
      <Button
        size="small"
        needs="operator"
        busy={undo.isPending}
        disabled={undo.isSuccess}
        onClick={() => undo.mutate()}
      >
        Take it back
      </Button>
    </p>
  );
}
