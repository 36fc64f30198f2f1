/** Why an object is, or is not, in the cloud: the answer first, then what it rests on. */

import { useState } from 'react';
import { Link } from 'wouter';
import type { ClosedGate, ExplainNode, Fact, ObjectExplanation } from '../../api/explanation-types.ts';
import type { ObjectError } from '../../api/generated.ts';
import type { Description } from '../../api/types.ts';
import { ruleHref } from '../../ui/address.ts';
import { Button } from '../../ui/button.tsx';
import { valuesOf, valueText } from '../../ui/diff.tsx';
import { Told } from '../../ui/instants.tsx';
import { Badge, Card, Facts, Note, Skeleton } from '../../ui/parts.tsx';
import { Shape } from '../../ui/shape.tsx';
import { plural, words } from '../../ui/text.ts';
import { Time } from '../../ui/time.tsx';
import { Findings } from '../issues/findings.tsx';

/** Asking the tenant itself, and when it was last asked. */
export interface LiveAnswer {
  readonly ask: () => void;
  readonly isBusy: boolean;
  /** Milliseconds since 1970. */
  readonly at: number | undefined;
}

export function Why(props: { description: Description; explanation: ObjectExplanation | undefined; live: LiveAnswer }) {
  const gate = props.explanation?.gate;
  const errors = props.description.objects
    .flatMap((o) => o.errors.map((e) => ({ ...e, connector: o.connector })))
    .filter((e) => e.code !== gate?.code);
  return (
    <div className="stack stack-16">
      {gate && <Gate gate={gate} />}
      {errors.length > 0 && (
        <Card title={plural(errors.length, 'error')} flush>
          <ul className="entries">
            {errors.map((e) => (
              <ErrorEntry key={`${e.connector} ${e.phase}`} error={e} />
            ))}
          </ul>
        </Card>
      )}
      <Findings reference={props.description.reference} />
      {props.explanation ? <Looked tree={props.explanation.tree} live={props.live} /> : <Skeleton />}
    </div>
  );
}

function ErrorEntry(props: { error: ObjectError & { connector: string } }) {
  const e = props.error;
  return (
    <li className="entry">
      <div className="between">
        <span className="row">
          <Shape state="error" label={null} />
          <Link href={`/issues?code=${encodeURIComponent(e.code)}`} className="strong">
            {e.code}
          </Link>
        </span>
        <span className="soft small">
          {words(e.phase)} to {e.connector}, {plural(e.count, 'time')}, last <Time at={e.lastSeen} />
        </span>
      </div>
      <p className="break">{clear(e.message)}</p>
      <p className="soft small">
        {e.attribute && <>Attribute {e.attribute}. </>}
        {e.rule && <>Rule {e.rule}. </>}
        {e.nextAttempt && (
          <>
            Next attempt <Time at={e.nextAttempt} />.
          </>
        )}
      </p>
    </li>
  );
}

/** What the cloud says without what only its own logs know. */
export const clear = (text: string): string => text.replace(/\s*Tracking Id: [0-9a-f-]{36}\.?/gi, '');

/** The closed gate and everything that was looked at. */
export function Reasons(props: { explanation: ObjectExplanation }) {
  const { gate, tree } = props.explanation;
  return (
    <>
      {gate && <Gate gate={gate} />}
      <Looked tree={tree} />
    </>
  );
}

const Looked = (props: { tree: readonly ExplainNode[]; live?: LiveAnswer }) => (
  <Card title="What was looked at, in order" aside={props.live && <AskTenant live={props.live} />}>
    <Tree key={props.live?.at} nodes={props.tree} depth={0} />
  </Card>
);

const AskTenant = ({ live }: { live: LiveAnswer }) => (
  <span className="row" role="status">
    {live.at !== undefined && (
      <span className="soft small">
        The tenant was asked <Time at={live.at} />
      </span>
    )}
    <Button
      size="small"
      busy={live.isBusy}
      onClick={live.ask}
      title="Asks the tenant what it has of this object and of those who have its names; changes nothing"
    >
      Ask the tenant now
    </Button>
  </span>
);

function Gate(props: { gate: ClosedGate }) {
  const { gate } = props;
  return (
    <Note state={gate.state === 'waiting' ? 'waiting' : 'error'}>
      <p className="strong">
        <Told text={clear(gate.reason)} />
      </p>
      {gate.remedy && (
        <p>
          <Told text={gate.remedy} />
        </p>
      )}
      <div className="gate-facts">
        <Facts
          rows={[
            gate.rule
              ? [
                  'Rule',
                  <Link key="r" href={ruleHref(gate.rule)}>
                    {gate.rule}
                  </Link>,
                ]
              : undefined,
            gate.clause ? ['Clause', <code key="c">{gate.clause}</code>] : undefined,
            gate.attribute && gate.seen !== undefined
              ? [
                  'Value seen',
                  <span key="v">
                    <span className="mono">{gate.attribute}</span> = <code>{factText(gate.seen)}</code>
                  </span>,
                ]
              : undefined,
            gate.configuration
              ? [
                  'Configuration',
                  <span key="p">
                    <code>{gate.configuration.path.join('.')}</code>
                    {gate.configuration.at && <span className="soft"> at {gate.configuration.at}</span>}
                  </span>,
                ]
              : undefined,
            gate.nextAttempt ? ['Next attempt', <Time key="n" at={gate.nextAttempt} />] : undefined,
            ['Code', <Badge key="k">{gate.code}</Badge>],
          ]}
        />
      </div>
    </Note>
  );
}

/** A fact as text; absent is said, not left out. */
export const factText = (fact: Fact | undefined): string =>
  fact === null || fact === undefined ? 'no value' : valuesOf(fact).map(valueText).join(', ') || '(empty)';

/** Nodes that begin unfolded: the first two levels, and whatever is not in order. */
const startsOpen = (node: ExplainNode, depth: number): boolean =>
  depth < 1 || node.state === 'error' || node.state === 'warning';

export function Tree(props: { nodes: readonly ExplainNode[]; depth: number }) {
  return (
    <ul className="tree">
      {props.nodes.map((n, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the order of an explanation is its identity
        <TreeNode key={i} node={n} depth={props.depth} />
      ))}
    </ul>
  );
}

/** More than these are shown when asked for. */
const manyFacts = 8;

function TreeNode(props: { node: ExplainNode; depth: number }) {
  const { node, depth } = props;
  const [isOpen, setOpen] = useState(() => startsOpen(node, depth));
  const facts = Object.entries(node.facts ?? {});
  const [areAllShown, setAllShown] = useState(facts.length <= manyFacts);
  const hasMore = (node.children?.length ?? 0) > 0 || facts.length > 0;
  return (
    <li>
      <div className="tree-line">
        {hasMore ? (
          <button
            type="button"
            className="tree-toggle"
            aria-expanded={isOpen}
            aria-label={isOpen ? 'Fold' : 'Unfold'}
            onClick={() => setOpen(!isOpen)}
          >
            <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
              <path d="m3 1 4 4-4 4" />
            </svg>
          </button>
        ) : (
          <span className="tree-toggle" />
        )}
        <Shape state={node.state} />
        <span className="break">
          <Told text={clear(node.title)} />
        </span>
      </div>
      {isOpen && !areAllShown && (
        <button type="button" className="link-button tree-more" onClick={() => setAllShown(true)}>
          {plural(facts.length, 'value')}
        </button>
      )}
      {isOpen && areAllShown && facts.length > 0 && (
        <dl className="tree-facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Told text={factText(value)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {isOpen && node.children && node.children.length > 0 && <Tree nodes={node.children} depth={depth + 1} />}
    </li>
  );
}
