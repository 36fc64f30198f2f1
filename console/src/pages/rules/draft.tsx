/** A draft of a rule file: written with a check at every pause, tried on objects and on everybody, then published. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { get, send } from '../../api/client.ts';
import type { Draft, DraftCheck } from '../../api/rule-types.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Card, Note, PageHead, Skeleton } from '../../ui/parts.tsx';
import { usePaused } from '../../ui/paused.ts';
import type { State } from '../../ui/shape.tsx';
import { plural } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';
import { CodeEditor } from './code-editor.tsx';
import { Evaluate } from './evaluate.tsx';
import { PublishDialog } from './publish.tsx';
import { RuleChanges } from './rule-changes.tsx';
import { WhatIf } from './what-if.tsx';

/** Milliseconds without a key before the draft is checked. */
const pauseMs = 400;

export function DraftPage() {
  const params = useParams<{ name: string }>();
  const name = decodeURIComponent(params.name);
  const draft = useQuery({
    queryKey: ['draft', name],
    queryFn: ({ signal }) => get<Draft>(`/drafts/${encodeURIComponent(name)}`, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (draft.error)
    return (
      <div className="page">
        <Failure error={draft.error} onRetry={() => void draft.refetch()} />
      </div>
    );
  if (!draft.data)
    return (
      <div className="page">
        <Skeleton rows={8} />
      </div>
    );
  return <DraftEditor key={name} draft={draft.data} />;
}

function DraftEditor(props: { draft: Draft }) {
  const { name } = props.draft;
  const path = `/drafts/${encodeURIComponent(name)}`;
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [text, setText] = useState(props.draft.text);
  const [saved, setSaved] = useState(props.draft.text);
  const [isPublishing, setPublishing] = useState(false);
  const pausedText = usePaused(text, pauseMs);
  const check = useQuery({
    queryKey: ['draft', name, 'check', pausedText],
    queryFn: () => send<DraftCheck>('POST', `${path}/check`, { text: pausedText }),
    placeholderData: (previous) => previous,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isChanged = text !== saved;
  useEffect(() => {
    if (!isChanged) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isChanged]);
  const save = useMutation({
    mutationFn: () => send<Draft>('PUT', path, { text }),
    onSuccess: (draft) => {
      setSaved(draft.text);
      client.setQueryData(['draft', name], draft);
      void client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      announce('The draft is saved. The rules in force are as before.');
    },
    onError: tellRefusal,
  });
  const discard = useMutation({
    mutationFn: () => send('DELETE', path),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['drafts'], exact: true });
      navigate('/rules');
    },
    onError: tellRefusal,
  });
  const verdict = verdictOf(check.data);
  return (
    <div className="page">
      <PageHead
        title={`${name}.yaml`}
        trail={[{ label: 'Rules', href: '/rules' }]}
        state={verdict.state}
        verdict={verdict.sentence}
      >
        <Button kind="quiet" needs="rule-editor" busy={discard.isPending} onClick={() => discard.mutate()}>
          Throw away
        </Button>
        <Button needs="rule-editor" disabled={!isChanged} busy={save.isPending} onClick={() => save.mutate()}>
          Save draft
        </Button>
        <Button
          kind="primary"
          needs="approver"
          disabled={isChanged || check.data?.ok !== true || check.data.changes.length === 0}
          title={isChanged ? 'Save the draft first' : 'Puts the rules into force'}
          onClick={() => setPublishing(true)}
        >
          Publish…
        </Button>
      </PageHead>
      <div className="columns draft-columns">
        <Card flush label="Text of the rule file">
          <CodeEditor
            label={`Rules of ${name}.yaml`}
            text={text}
            onChange={setText}
            onSave={() => save.mutate()}
            lines={linesOf(check.data)}
          />
        </Card>
        <div className="stack stack-16">
          <Card title="Check" aside={check.isFetching ? 'checking…' : undefined}>
            <CheckResult check={check.data} error={check.error} />
          </Card>
          <Card title="Try an expression">
            <Evaluate />
          </Card>
        </div>
      </div>
      <WhatIf draft={name} isReady={!isChanged && check.data?.ok === true} />
      {isPublishing && check.data && (
        <PublishDialog
          name={name}
          changes={check.data.changes}
          onClose={() => setPublishing(false)}
          onDone={() => navigate('/rules')}
        />
      )}
    </div>
  );
}

function verdictOf(check: DraftCheck | undefined): { state: State | undefined; sentence: string } {
  if (!check) return { state: undefined, sentence: 'Checking the draft…' };
  if (!check.ok)
    return {
      state: 'error',
      sentence: `${plural(check.problems.length, 'problem')} to solve before this can be used.`,
    };
  if (check.changes.length === 0) return { state: 'none', sentence: 'The draft changes nothing yet.' };
  const doubts = check.findings.length > 0 ? `, with ${plural(check.findings.length, 'doubt')}` : '';
  return {
    state: check.findings.length > 0 ? 'warning' : 'ok',
    sentence: `The draft is good and changes ${plural(check.changes.length, 'rule')}${doubts}.`,
  };
}

/** Lines of the text that something is said about. */
function linesOf(check: DraftCheck | undefined): ReadonlyMap<number, State> {
  const lines = new Map<number, State>();
  for (const f of check?.findings ?? []) if (f.line) lines.set(f.line, 'warning');
  for (const p of check?.problems ?? []) if (p.line) lines.set(p.line, 'error');
  return lines;
}

function CheckResult(props: { check: DraftCheck | undefined; error: Error | null }) {
  const { check } = props;
  if (props.error) return <Note state="error">{props.error.message}</Note>;
  if (!check) return <Skeleton rows={2} />;
  return (
    <div className="stack">
      {check.problems.map((p) => (
        <Note key={`${p.line} ${p.message}`} state="error">
          {p.line && <span className="strong">Line {p.line}: </span>}
          {p.rule && <span className="soft">{p.rule}: </span>}
          {p.message}
        </Note>
      ))}
      {check.findings.map((f) => (
        <Note key={`${f.code} ${f.rule} ${f.flow} ${f.message}`} state="warning">
          {f.line && <span className="strong">Line {f.line}: </span>}
          {f.message}
        </Note>
      ))}
      {check.ok && <RuleChanges changes={check.changes} emptyText="Nothing differs from the rules in force." />}
    </div>
  );
}
