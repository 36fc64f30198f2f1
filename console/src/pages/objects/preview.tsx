/** What a synchronization of this one object would change, with the rules in force or with a draft. Nothing is written. */
import { useQuery } from '@tanstack/react-query';
import { get } from '../../api/client.ts';
import { draftsQuery } from '../../api/queries.ts';
import type { PreviewAnswer } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { Diff } from '../../ui/diff.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Choice } from '../../ui/fields.tsx';
import { Badge, Card, Note, Skeleton } from '../../ui/parts.tsx';
import { plural } from '../../ui/text.ts';

export function Preview(props: { reference: string }) {
  const [query, change] = useQueryState();
  const drafts = useQuery(draftsQuery);
  const preview = useQuery({
    queryKey: ['object', props.reference, 'preview', query.draft ?? ''],
    queryFn: ({ signal }) =>
      get<PreviewAnswer>(`/objects/${encodeURIComponent(props.reference)}/preview`, { draft: query.draft }, signal),
    staleTime: 0,
  });
  const p = preview.data;
  return (
    <div className="stack stack-16">
      <div className="toolbar">
        <Choice
          label="Rules"
          value={query.draft}
          any="With the rules in force"
          options={(drafts.data ?? []).map((d) => [d.name, `With the draft ${d.name}`])}
          onChange={(draft) => change({ draft })}
        />
        <Button busy={preview.isFetching} onClick={() => void preview.refetch()}>
          Compute again
        </Button>
        <span className="soft small">Computed in memory. Nothing is stored and nothing is sent.</span>
      </div>
      {preview.error && <Failure error={preview.error} onRetry={() => void preview.refetch()} />}
      {!p && !preview.error && <Skeleton />}
      {p && (
        <>
          <p className="strong">{sentenceOf(p)}</p>
          {p.problems.map((text) => (
            <Note key={text} state="error">
              {text}
            </Note>
          ))}
          {!p.isAlive && (
            <Note state="warning">
              Nothing would keep this identity: it would be removed, and with it what it provisions.
            </Note>
          )}
          <Card title="Identity">
            <Diff before={p.identity.before} after={p.identity.after} emptyText="The identity has no value." />
          </Card>
          {p.sides.map((s) => (
            <Card
              key={s.connector}
              title={s.connector}
              aside={
                <Badge tone={s.operation === 'delete' ? 'error' : s.operation === 'none' ? 'plain' : 'accent'}>
                  {operations[s.operation]}
                </Badge>
              }
            >
              <Diff before={s.before} after={s.after} emptyText="No value." />
            </Card>
          ))}
        </>
      )}
    </div>
  );
}

/** What would happen, in one sentence. */
function sentenceOf(p: PreviewAnswer): string {
  const told = p.sides.filter((s) => s.operation !== 'none').map((s) => `${operations[s.operation]} in ${s.connector}`);
  const changed = changedNames(p.identity.before, p.identity.after).length;
  if (told.length === 0 && changed === 0) return 'Nothing would change.';
  const identity =
    changed === 0 ? 'The identity would stay as it is' : `${plural(changed, 'attribute')} of the identity would change`;
  return told.length === 0
    ? `${identity}, and nothing would be exported.`
    : `${identity}; the object ${told.join(', ')}.`;
}

const changedNames = (before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );

const operations = {
  none: 'nothing to export',
  add: 'would be added',
  update: 'would be updated',
  delete: 'would be deleted',
};
