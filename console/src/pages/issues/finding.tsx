/** One finding: both sides, the evidence, the fix. */

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { tellRefusal } from '../../api/actions.ts';
import { send } from '../../api/client.ts';
import type { Finding, FindingObject, Fix, FixResult } from '../../api/types.ts';
import { objectHref, ruleHref } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { copyText } from '../../ui/copy.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Told } from '../../ui/instants.tsx';
import { Badge, Facts, Note } from '../../ui/parts.tsx';
import { Shape, type State } from '../../ui/shape.tsx';
import { leafOf, plural, words } from '../../ui/text.ts';
import { announce } from '../../ui/toast.tsx';

export const severityState = (severity: Finding['severity']): State =>
  (({ error: 'error', warning: 'warning', info: 'none' }) as const)[severity];

/** `planned`: of the plan, so that it has no page yet; told when a fix of it was carried out. */
interface DetailProps {
  readonly finding: Finding;
  readonly isWhole?: boolean;
  readonly planned?: { readonly onApplied: () => void };
}

export function FindingDetail(props: DetailProps) {
  const { finding: f } = props;
  const sides = f.objects.filter((o) => o.role === 'incoming' || o.role === 'holder');
  const others = f.objects.filter((o) => !sides.includes(o));
  return (
    <article className="finding" aria-label={f.title}>
      {!props.isWhole && (
        <header className="between">
          <h3 className="row">
            <Shape state={severityState(f.severity)} />
            {props.planned ? f.title : <Link href={`/issues/${f.id}`}>{f.title}</Link>}
          </h3>
          <Badge>{f.code}</Badge>
        </header>
      )}
      <p className="break">
        <Told text={f.summary} />
      </p>
      {sides.length > 1 ? (
        <Sides sides={sides} finding={f} level={props.isWhole ? 'h2' : 'h4'} />
      ) : (
        sides.map((o) => (
          <Sides key={`${o.role} ${o.dn}`} sides={[o]} finding={f} level={props.isWhole ? 'h2' : 'h4'} />
        ))
      )}
      {others.length > 0 && (
        <ul className="finding-objects">
          {others.map((o, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: objects of a finding may repeat
            <li key={i}>
              <Badge>{o.role}</Badge> <ObjectLink object={o} />
              {o.connector && o.role !== 'connector' && <span className="soft small"> {o.connector}</span>}
            </li>
          ))}
        </ul>
      )}
      {f.affected > f.objects.length && <p className="soft small">{plural(f.affected, 'object')} in all.</p>}
      {f.evidence.length > 0 && (
        <details className="evidence">
          <summary>{plural(f.evidence.length, 'piece')} of evidence</summary>
          <ul>
            {f.evidence.map((e) => (
              <li key={`${e.source} ${e.fact}`}>
                <span className="soft">{e.source}:</span>{' '}
                <span className="break">
                  <Told text={e.fact} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {f.fix.map((fix, i) => (
        <FixCard key={fix.title} finding={f} fix={fix} number={i + 1} isFirst={i === 0} planned={props.planned} />
      ))}
    </article>
  );
}

function ObjectLink(props: { object: FindingObject }) {
  const o = props.object;
  if (o.role === 'rule' && o.name) return <Link href={ruleHref(o.name)}>{o.name}</Link>;
  const reference = o.dn ?? o.userPrincipalName ?? o.sourceAnchor ?? o.cloudId;
  const label =
    o.displayName ??
    o.userPrincipalName ??
    (o.dn ? leafOf(o.dn) : undefined) ??
    o.name ??
    reference ??
    o.connector ??
    '';
  return reference ? <Link href={objectHref(reference)}>{label}</Link> : <span>{label}</span>;
}

const labels: readonly (readonly [keyof FindingObject, string])[] = [
  ['displayName', 'Name'],
  ['userPrincipalName', 'UPN'],
  ['objectType', 'Type'],
  ['connector', 'Connector'],
  ['dn', 'DN'],
  ['sourceAnchor', 'Source anchor'],
  ['cloudId', 'Cloud id'],
];

/** Both sides of a conflict in the same order of fields, the value they fight over marked in both. */
function Sides(props: { sides: readonly FindingObject[]; finding: Finding; level: 'h2' | 'h4' }) {
  const Heading = props.level;
  const fields = labels.filter(([key]) => props.sides.some((o) => o[key] !== undefined));
  const facts = [...new Set(props.sides.flatMap((o) => Object.keys(o.facts ?? {})))];
  return (
    <div className="sides">
      {props.sides.map((o) => (
        // Without a name of its own: many findings may stand on one page, and the heading says whose side it is.
        <section key={`${o.role} ${o.dn ?? o.cloudId}`} className={`side side-${o.role}`}>
          <Heading className="side-title">
            {roleTitles[o.role]}: <ObjectLink object={o} />
          </Heading>
          <Facts
            rows={[
              ...(props.finding.value
                ? [
                    [
                      props.finding.attribute ?? 'Value',
                      <span key="v" className="chip chip-clash">
                        {props.finding.value}
                      </span>,
                    ] as const,
                  ]
                : []),
              ...fields.map(([key, label]) => [label, String(o[key] ?? '–')] as const),
              ...facts.map((name) => [words(name), <Told key={name} text={o.facts?.[name] ?? '–'} />] as const),
            ]}
          />
        </section>
      ))}
    </div>
  );
}
const roleTitles: Readonly<Record<FindingObject['role'], string>> = {
  incoming: 'Incoming',
  holder: 'Holds it now',
  source: 'Source',
  target: 'Target',
  container: 'Container',
  rule: 'Rule',
  connector: 'Connector',
};

interface FixProps {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly number: number;
  readonly isFirst: boolean;
  readonly planned: DetailProps['planned'];
}

function FixCard(props: FixProps) {
  const { fix } = props;
  const [isAsking, setAsking] = useState(false);
  return (
    <section className="fix">
      <div className="between">
        <div>
          <p className="strong">{fix.title}</p>
          <p className="soft small">
            {props.isFirst ? 'Recommended. ' : ''}In the {fix.where}
            {fix.applicable ? '; can be carried out from here' : '; to be done by hand'}
          </p>
        </div>
        <div className="row">
          <Button size="small" onClick={() => void copyText(fix.text, 'the fix')}>
            Copy
          </Button>
          {fix.applicable && (
            <Button
              kind={props.isFirst ? 'primary' : 'plain'}
              size="small"
              needs={fix.needs ?? 'operator'}
              onClick={() => setAsking(true)}
            >
              Apply this fix…
            </Button>
          )}
        </div>
      </div>
      <pre className="code">{fix.text}</pre>
      {isAsking && <ApplyDialog {...props} onClose={() => setAsking(false)} />}
    </section>
  );
}

function ApplyDialog(props: FixProps & { readonly onClose: () => void }) {
  const client = useQueryClient();
  const apply = useMutation({
    mutationFn: () =>
      send<FixResult>('POST', `/findings/${props.finding.id}/fix`, {
        fix: props.number,
        ...(props.planned ? { from: 'plan' } : {}),
      }),
    onSuccess: (result) => {
      announce(
        result.isGone ? 'Done, and the finding is gone.' : `Done, but the finding is still there: ${result.outcome}`,
        result.isGone ? 'ok' : 'warning',
      );
      void client.invalidateQueries();
      props.onClose();
      props.planned?.onApplied();
    },
    onError: tellRefusal,
  });
  return (
    <Dialog
      title={props.fix.title}
      onClose={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            kind="primary"
            needs={props.fix.needs ?? 'operator'}
            busy={apply.isPending}
            onClick={() => apply.mutate()}
          >
            {props.fix.title}
          </Button>
        </>
      }
    >
      <div className="stack stack-12">
        <p>This is what will be changed in the {props.fix.where}:</p>
        <pre className="code">{props.fix.text}</pre>
        <Note state="waiting">
          Afterwards a cycle runs and the finding is looked for again. The change is written to the audit log.
        </Note>
      </div>
    </Dialog>
  );
}
