/** Objects in error by the sections of the health report of Connect, each with the errors that are in it. */
import type { ErrorSummaries } from '../../api/generated.ts';
import { Card } from '../../ui/parts.tsx';
import { count } from '../../ui/text.ts';

type Category = NonNullable<ErrorSummaries[number]['category']>;

/** In the order of the report; the compiler sees that none is missing. */
const order: Readonly<Record<Category, true>> = {
  'Duplicate attribute': true,
  'Data mismatch': true,
  'Data validation failure': true,
  'Large attribute': true,
  'Federated domain change': true,
  'Existing admin role conflict': true,
  Other: true,
};
export const categories = Object.keys(order) as readonly Category[];

/** What the cloud did not say itself is in none of them. */
const elsewhere = 'Not from the cloud';

interface Filters {
  readonly category?: string | undefined;
  readonly code?: string | undefined;
}

export function ErrorCategories(props: {
  summary: ErrorSummaries;
  selected: Filters;
  onSelect: (to: { readonly category: string | undefined; readonly code: string | undefined }) => void;
}) {
  const { selected } = props;
  const groups = [...categories, elsewhere].flatMap((title) => {
    const own = props.summary.filter((s) => (s.category ?? elsewhere) === title);
    return own.length === 0 ? [] : [{ title, codes: byCode(own) }];
  });
  if (groups.length === 0) return null;
  return (
    <Card title="By category">
      <div className="counters">
        {groups.map(({ title, codes }) => (
          <section key={title} className="counter-group" aria-label={title}>
            <h3 className="counter-row">
              <span className="grow">{title}</span>
              {title === elsewhere ? (
                <span className="counter-number">{count(total(codes))}</span>
              ) : (
                <Amount
                  label={`${title}: ${count(total(codes))}`}
                  objects={total(codes)}
                  isOn={selected.category === title && selected.code === undefined}
                  onClick={(on) => props.onSelect({ category: on ? title : undefined, code: undefined })}
                />
              )}
            </h3>
            <ul>
              {codes.map(([code, objects]) => (
                <li key={code} className="counter-row">
                  <span className="grow cut" title={code}>
                    {code}
                  </span>
                  <Amount
                    label={`${code}: ${count(objects)}`}
                    objects={objects}
                    isOn={selected.code === code}
                    onClick={(on) => props.onSelect({ category: undefined, code: on ? code : undefined })}
                  />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Card>
  );
}

/** The number is the link to the list behind it; a second click shows everything again. */
function Amount(props: { label: string; objects: number; isOn: boolean; onClick: (on: boolean) => void }) {
  return (
    <button
      type="button"
      className="counter-number is-link"
      aria-label={props.label}
      aria-pressed={props.isOn}
      onClick={() => props.onClick(!props.isOn)}
    >
      {count(props.objects)}
    </button>
  );
}

/** A code may be in several phases. */
export function byCode(summary: ErrorSummaries): readonly (readonly [code: string, objects: number])[] {
  const sums = new Map<string, number>();
  for (const s of summary) sums.set(s.code, (sums.get(s.code) ?? 0) + s.objects);
  return [...sums];
}

const total = (codes: ReturnType<typeof byCode>): number => codes.reduce((n, [, objects]) => n + objects, 0);
