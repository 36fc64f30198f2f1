/** The decisions as a file: saved for a spreadsheet, read back, and taken by "causeway precheck apply". */
import { useMutation } from '@tanstack/react-query';
import { useRef } from 'react';
import { tellRefusal } from '../../api/actions.ts';
import { get } from '../../api/client.ts';
import type { Page, PrecheckRow } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { plural } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';
import { type Decisions, decisionsOf, tableOf } from './decisions.ts';

/** Rows of one question; more are asked for page by page. */
const pageSize = 200;
const longestBytes = 64 * 1024 * 1024;

async function allRows(job: number): Promise<PrecheckRow[]> {
  const rows: PrecheckRow[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await get<Page<PrecheckRow>>(`/precheck/${job}/rows`, { limit: pageSize, cursor });
    rows.push(...page.items);
    if (page.next === null) return rows;
    cursor = page.next;
  }
}

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
  const save = useMutation({
    mutationFn: async () => tableOf(await allRows(props.job), props.decisions),
    onSuccess: (text) => {
      keep(`data-quality-${props.job}.csv`, text);
      announce('Saved. "causeway precheck apply" carries out the lines with an ACTION, and can undo them.');
    },
    onError: tellRefusal,
  });
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    try {
      if (chosen.size > longestBytes) throw new Error(`${chosen.name} is larger than 64 MB.`);
      const decisions = decisionsOf(await chosen.text());
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
    </>
  );
}
