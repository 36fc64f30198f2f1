/** An object that was never imported, or a reference that means several. */

import { Link } from 'wouter';
import type { NoExplanation, ObjectExplanation } from '../../api/explanation-types.ts';
import { objectHref } from '../../ui/address.ts';
import { Lane } from '../../ui/lane.tsx';
import { Badge, Card, PageHead } from '../../ui/parts.tsx';
import { Reasons } from './why.tsx';

export function Absent(props: { reference: string; explanation: NoExplanation | ObjectExplanation }) {
  const e = props.explanation;
  return (
    <div className="page">
      <PageHead
        title={props.reference}
        trail={[{ label: 'Objects', href: '/objects' }]}
        state={e.kind === 'object' ? 'error' : 'none'}
        verdict={e.summary[0] ?? `Nothing is known of “${props.reference}”.`}
      />
      {e.kind === 'object' ? (
        <>
          <section className="card lane-card" aria-label="The way of this object">
            <Lane lane={e.lane} />
          </section>
          <Reasons explanation={e} />
        </>
      ) : (
        <Card title={e.kind === 'ambiguous' ? 'Which one?' : 'Nearest to it'}>
          <p className="soft">{e.summary.slice(1).join(' ')}</p>
          <ul className="entries entries-flush">
            {e.candidates.map((c) => (
              <li key={c.reference} className="entry between">
                <Link href={objectHref(c.reference)} className="strong">
                  {c.name || c.reference}
                </Link>
                <Badge>{c.type}</Badge>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}
