/** One identity with everything that belongs to it: the lane, and why each station is as it is. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useParams } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { get } from '../../api/client.ts';
import type { Explanation, ObjectExplanation } from '../../api/explanation-types.ts';
import { explainQuery, objectQuery } from '../../api/queries.ts';
import type { Description, Station } from '../../api/types.ts';
import { useQueryState } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { copyText, Id } from '../../ui/copy.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Lane } from '../../ui/lane.tsx';
import { Badge, PageHead, Skeleton } from '../../ui/parts.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Absent } from './absent.tsx';
import { Attributes } from './attributes.tsx';
import { History } from './history.tsx';
import { nameOf, textOf } from './name.ts';
import { Preview } from './preview.tsx';
import { StationValues } from './station.tsx';
import { clear, type LiveAnswer, Why } from './why.tsx';

const Lineage = lazy(async () => ({ default: (await import('./lineage.tsx')).Lineage }));
const tabs = [
  { key: 'why', title: 'Why' },
  { key: 'attributes', title: 'Attributes' },
  { key: 'lineage', title: 'Lineage' },
  { key: 'history', title: 'History' },
  { key: 'preview', title: 'Preview' },
];

export function ObjectPage() {
  const params = useParams<{ reference: string }>();
  const reference = decodeURIComponent(params.reference);
  const facts = useQuery(objectQuery(reference));
  const why = useQuery(explainQuery(reference));
  const live = useLiveAnswer(reference, why.data);
  const [query, change] = useQueryState();
  if (facts.error) {
    if (why.data && why.data.kind !== 'attribute') return <Absent reference={reference} explanation={why.data} />;
    if (why.isLoading)
      return (
        <div className="page">
          <Skeleton />
        </div>
      );
    return (
      <div className="page">
        <Failure error={facts.error} onRetry={() => void facts.refetch()} />
      </div>
    );
  }
  if (!facts.data)
    return (
      <div className="page">
        <Skeleton rows={8} />
      </div>
    );
  const d = facts.data;
  const answer = live.answer ?? why.data;
  const explanation = answer?.kind === 'object' ? answer : undefined;
  const selected = tabs.some((t) => t.key === query.tab) ? (query.tab ?? 'why') : 'why';
  const station = query.station as Station['station'] | undefined;
  return (
    <div className="page">
      <PageHead
        title={nameOf(d)}
        trail={[{ label: 'Objects', href: '/objects' }]}
        state={stateOf(explanation)}
        verdict={explanation ? shortSummary(explanation) : nameOf(d)}
        lead={selected !== 'why' && explanation?.gate ? clear(explanation.gate.reason) : undefined}
      >
        <Button
          onClick={() => void copyText(`${location.origin}/objects/${encodeURIComponent(d.reference)}`, 'the link')}
        >
          Copy link
        </Button>
      </PageHead>
      <Identifiers description={d} />
      <section className="card lane-card" aria-label="The way of this object">
        {explanation ? (
          <Lane
            lane={explanation.lane}
            selected={station}
            onSelect={(s) => change({ station: s === station ? undefined : s })}
          />
        ) : why.error ? (
          <Failure error={why.error} onRetry={() => void why.refetch()} />
        ) : (
          <Skeleton rows={3} />
        )}
      </section>
      {station && <StationValues description={d} station={station} onClose={() => change({ station: undefined })} />}
      <Tabs
        label="About this object"
        tabs={tabs}
        selected={selected}
        onSelect={(tab) => change({ tab: tab === 'why' ? undefined : tab })}
      >
        {selected === 'why' && <Why description={d} explanation={explanation} live={live} />}
        {selected === 'attributes' && <Attributes description={d} />}
        {selected === 'lineage' && (
          <Suspense fallback={<Skeleton />}>
            <Lineage description={d} />
          </Suspense>
        )}
        {selected === 'history' && <History reference={d.reference} />}
        {selected === 'preview' && <Preview reference={d.reference} />}
      </Tabs>
    </div>
  );
}

/** What the tenant says at this moment, once somebody asked; it stands until what is stored says something else. */
function useLiveAnswer(reference: string, stored: Explanation | undefined): LiveAnswer & { answer?: Explanation } {
  const [asked, setAsked] = useState<{ over: Explanation | undefined; answer: Explanation; at: number }>();
  const ask = useMutation({
    mutationFn: () => get<Explanation>('/explain', { reference, live: true }),
    onSuccess: (answer) => setAsked({ over: stored, answer, at: Date.now() }),
    onError: tellRefusal,
  });
  const current = asked && asked.over === stored ? asked : undefined;
  return {
    ask: () => ask.mutate(),
    isBusy: ask.isPending,
    at: current?.at,
    ...(current ? { answer: current.answer } : {}),
  };
}

const stateOf = (e: ObjectExplanation | undefined) =>
  e ? ({ yes: e.gate ? 'warning' : 'ok', pending: 'waiting', no: 'error' } as const)[e.inCloud] : undefined;

/** The answer without the identifier, which stands below it to be copied. */
const shortSummary = (e: ObjectExplanation): string =>
  e.summary
    .slice(0, e.gate ? 1 : 2)
    .join(' ')
    .replace(/ as (User|Group|Contact|Device)_[0-9a-f-]{36}/, '');

function Identifiers(props: { description: Description }) {
  const { mv, objects } = props.description;
  const ids: [string, string | undefined][] = [
    ['UPN', textOf(mv?.attributes.userPrincipalName?.value) ?? textOf(objects[0]?.attributes.userPrincipalName)],
    ['Mail', textOf(mv?.attributes.mail?.value) ?? textOf(objects[0]?.attributes.mail)],
    ['Account', textOf(mv?.attributes.accountName?.value) ?? textOf(objects[0]?.attributes.sAMAccountName)],
    ['Source anchor', textOf(mv?.attributes.sourceAnchor?.value)],
    ['Cloud id', objects.find((o) => o.connectorType === 'entra')?.anchor ?? undefined],
  ];
  return (
    <div className="identifiers">
      <Badge tone="accent">{mv?.type ?? objects[0]?.type ?? 'object'}</Badge>
      {ids.map(([label, value]) =>
        value ? (
          <span key={label} className="identifier">
            <span className="soft small">{label}</span> <Id value={value} what={label} keep={34} />
          </span>
        ) : null,
      )}
    </div>
  );
}
