/** Settings that differ, by the path of their keys. */
import type { ConfigurationDiff } from '../../api/generated.ts';
import { Chip } from '../../ui/diff.tsx';

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export function SettingChanges(props: { changes: ConfigurationDiff['settings'] }) {
  return (
    <dl>
      {props.changes.map((c) => (
        <div key={c.path} className="diff-row">
          <dt>{c.path}</dt>
          <dd>
            {c.before !== undefined && <Chip kind="-" text={text(c.before)} />}
            {c.after !== undefined && <Chip kind="+" text={text(c.after)} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
