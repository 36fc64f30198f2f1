/** Objects by type at every station, what waits, what failed: every number leads to its list. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { get } from '../../api/client.ts';
import type { Counts as CountsData, Status } from '../../api/generated.ts';
import { address } from '../../ui/address.ts';
import { Shape } from '../../ui/shape.tsx';
import { count, shortCount, words } from '../../ui/text.ts';

export function Counts(props: { status: Status }) {
  const { status } = props;
  const counts = useQuery({ queryKey: ['counts'], queryFn: ({ signal }) => get<CountsData>('/counts', {}, signal) });
  const identities = counts.data?.metaverse ?? [];
  const total = (rows: readonly { readonly count: number }[]) => rows.reduce((n, r) => n + r.count, 0);
  const pending = status.connectors.reduce(
    (n, c) => n + c.pendingExports.add + c.pendingExports.update + c.pendingExports.delete,
    0,
  );
  const errors = Object.entries(status.errors);
  const failed = errors.reduce((n, [, e]) => n + e, 0);
  return (
    <section className="tiles" aria-label="Counts">
      {status.connectors.map((c) => {
        const rows = counts.data?.connectorSpaces.filter((o) => o.connector === c.name) ?? [];
        return (
          <Tile
            key={c.name}
            title={c.name}
            hint={c.type === 'entra' ? 'Cloud' : 'Directory'}
            n={counts.data ? total(rows) : undefined}
            href={address('/objects', { space: 'cs', connector: c.name })}
            parts={rows.map((r) => ({
              label: r.type,
              n: r.count,
              href: address('/objects', { space: 'cs', connector: c.name, type: r.type }),
            }))}
          />
        );
      })}
      <Tile
        title="Identities"
        hint="Metaverse"
        n={counts.data ? total(identities) : undefined}
        href="/objects"
        parts={identities.map((r) => ({ label: r.type, n: r.count, href: address('/objects', { type: r.type }) }))}
      />
      <Tile
        title="Pending exports"
        hint="Waiting"
        n={pending}
        href="/plan"
        parts={status.connectors
          .filter((c) => c.type === 'entra')
          .flatMap((c) =>
            (['add', 'update', 'delete'] as const).map((operation) => ({
              label: operation,
              n: c.pendingExports[operation],
              href: address('/plan', { connector: c.name, operation }),
            })),
          )
          .filter((p) => p.n > 0)}
      />
      <Tile
        title="Objects in error"
        hint="Refused"
        state={failed > 0 ? 'error' : 'ok'}
        n={failed}
        href="/issues"
        parts={errors.map(([phase, n]) => ({ label: phase, n, href: address('/issues', { phase }) }))}
      />
    </section>
  );
}

interface Part {
  readonly label: string;
  readonly n: number;
  readonly href: string;
}
/** Parts that fit into a tile. */
const shown = 4;

function Tile(props: {
  title: string;
  hint: string;
  n: number | undefined;
  href: string;
  parts: readonly Part[];
  state?: 'ok' | 'error';
}) {
  return (
    <article className="tile">
      <p className="tile-hint">{props.hint}</p>
      <h2 className="tile-title" title={props.title}>
        {props.title}
      </h2>
      <Link
        href={props.href}
        className="tile-number"
        aria-label={`${props.n === undefined ? 'unknown' : count(props.n)} in ${props.title}`}
      >
        {props.state && <Shape state={props.state} label={null} size={12} />}
        {props.n === undefined ? '–' : count(props.n)}
      </Link>
      <ul className="tile-parts">
        {largest(props.parts).map((p) => (
          <li key={p.label}>
            <Link href={p.href}>
              <span>{words(p.label)}</span> <span className="strong">{shortCount(p.n)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** What most objects are comes first; what does not fit is one line. */
function largest(parts: readonly Part[]): Part[] {
  const sorted = [...parts].sort((a, b) => b.n - a.n);
  if (sorted.length <= shown) return sorted;
  const rest = sorted.slice(shown - 1).reduce((n, p) => n + p.n, 0);
  return [...sorted.slice(0, shown - 1), { label: 'others', n: rest, href: parts[0]?.href.split('&type=')[0] ?? '' }];
}
