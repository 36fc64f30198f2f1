/** The values at one station of the lane. */
import type { AttributeValue, Description, StationName } from '../../api/types.ts';
import { Button } from '../../ui/button.tsx';
import { Id } from '../../ui/copy.tsx';
import { Chip, Diff, valuesOf, valueText } from '../../ui/diff.tsx';
import { Card, Empty } from '../../ui/parts.tsx';
import { plural } from '../../ui/text.ts';

export function StationValues(props: { description: Description; station: StationName; onClose: () => void }) {
  const { description: d, station } = props;
  const isTarget = station === 'target-space' || station === 'cloud';
  const objects = d.objects.filter((o) => (o.connectorType === 'entra') === isTarget);
  const close = (
    <Button size="small" kind="quiet" onClick={props.onClose}>
      Close
    </Button>
  );
  if (station === 'metaverse')
    return (
      <Card title="The identity" aside={close}>
        {d.mv ? (
          <Values values={Object.fromEntries(Object.entries(d.mv.attributes).map(([n, a]) => [n, a.value]))} />
        ) : (
          <Empty title="No identity">No rule made this object an identity, or joined it to one.</Empty>
        )}
      </Card>
    );
  if (objects.length === 0)
    return (
      <Card title={isTarget ? 'In the cloud’s connector space' : 'In the directory’s connector space'} aside={close}>
        <Empty title="Nothing here">
          {isTarget
            ? 'No rule provisions this identity to the cloud.'
            : 'No object of a directory belongs to this identity.'}
        </Empty>
      </Card>
    );
  return (
    <>
      {objects.map((o) => (
        <Card key={o.id} title={o.connector} aside={close}>
          <div className="stack">
            <p>
              <Id value={o.dn} what="DN" keep={90} />
            </p>
            {o.pendingExport && station === 'target-space' ? (
              <Diff
                before={o.attributes}
                after={{ ...o.attributes, ...nullsOut(o.pendingExport.attributes) }}
                emptyText="References only."
              />
            ) : (
              <Values values={o.attributes} />
            )}
            {Object.entries(o.references).map(([name, r]) => (
              <p key={name} className="soft small">
                <span className="mono">{name}</span>: {plural(r.count, 'reference')}, for example{' '}
                {r.sample.slice(0, 3).join('; ')}
              </p>
            ))}
          </div>
        </Card>
      ))}
    </>
  );
}

const nullsOut = (delta: Readonly<Record<string, AttributeValue | null>>): Record<string, AttributeValue | undefined> =>
  Object.fromEntries(Object.entries(delta).map(([n, v]) => [n, v ?? undefined]));

export function Values(props: { values: Readonly<Record<string, AttributeValue>> }) {
  const names = Object.keys(props.values).sort((a, b) => a.localeCompare(b));
  return (
    <dl className="values">
      {names.map((name) => (
        <div key={name} className="diff-row">
          <dt>{name}</dt>
          <dd>
            {valuesOf(props.values[name]).map((v) => (
              <Chip key={valueText(v)} kind="=" text={valueText(v)} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
