/** Small parts of every page. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Shape, type State } from './shape.tsx';
import { count } from './text.ts';

/** The head of a page: where one is, and the sentence a person could read aloud. */
export function PageHead(props: {
  title: string;
  trail?: readonly { label: string; href: string }[];
  state?: State | undefined;
  verdict: ReactNode;
  /** What follows the sentence, if it takes more than one. */
  lead?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="page-head">
      <div className="grow">
        <nav aria-label="Where you are" className="trail">
          {props.trail?.map((t) => (
            <span key={t.href}>
              <Link href={t.href}>{t.label}</Link>
              <span aria-hidden="true"> / </span>
            </span>
          ))}
          <h1>{props.title}</h1>
        </nav>
        <p className="verdict">
          {props.state && <Shape state={props.state} size={14} />}
          <span>{props.verdict}</span>
        </p>
        {props.lead && <p className="lead">{props.lead}</p>}
      </div>
      {props.children && <div className="page-actions">{props.children}</div>}
    </header>
  );
}

export function Card(props: {
  title?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
  label?: string;
}) {
  return (
    <section className={`card ${props.className ?? ''}`} aria-label={props.label}>
      {(props.title || props.aside) && (
        <header className="card-head">
          {props.title && <h2>{props.title}</h2>}
          {props.aside && <div className="card-aside">{props.aside}</div>}
        </header>
      )}
      <div className={props.flush ? 'card-flush' : 'card-body'}>{props.children}</div>
    </section>
  );
}

/** What would be here, why it is empty, and the next step. */
export function Empty(props: { title: string; children?: ReactNode; action?: ReactNode; state?: State }) {
  return (
    <div className="empty">
      <Shape state={props.state ?? 'none'} label={null} size={20} />
      <p className="strong">{props.title}</p>
      {props.children && <p className="soft">{props.children}</p>}
      {props.action && <div className="row">{props.action}</div>}
    </div>
  );
}

/** A number that leads to what it counts. */
export function NumberLink(props: { n: number; href: string; label: string; state?: State }) {
  return (
    <Link href={props.href} className="number-link" aria-label={`${count(props.n)} ${props.label}`}>
      {props.state && <Shape state={props.state} label={null} size={9} />}
      {count(props.n)}
    </Link>
  );
}

export function Badge(props: {
  children: ReactNode;
  tone?: 'plain' | 'accent' | 'ok' | 'warning' | 'error';
  title?: string;
}) {
  return (
    <span className={`badge badge-${props.tone ?? 'plain'}`} title={props.title}>
      {props.children}
    </span>
  );
}

/** Facts as pairs, one a line. */
export function Facts(props: {
  rows: readonly (readonly [label: string, value: ReactNode] | undefined)[];
  /** For long labels. */
  isWide?: boolean;
}) {
  return (
    <dl className={props.isWide ? 'facts facts-wide' : 'facts'}>
      {props.rows.map((r) =>
        r ? (
          <div key={r[0]}>
            <dt>{r[0]}</dt>
            <dd>{r[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

export function Note(props: { state: State; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={`note note-${props.state}`}>
      <Shape state={props.state} size={12} />
      <div className="grow break">{props.children}</div>
      {props.action}
    </div>
  );
}

/** Grey lines while something is on its way; invisible for the first moment, so that fast pages do not flicker. */
export function Skeleton(props: { rows?: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: props.rows ?? 4 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
        <span key={i} />
      ))}
    </div>
  );
}
