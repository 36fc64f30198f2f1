/** Fields of toolbars and forms. */
import { type ReactNode, useId } from 'react';
import type { Role } from '../api/types.ts';
import { roleTitle, useMay } from '../shell/session.tsx';

/** A drop-down whose empty entry means "any". */
export function Choice(props: {
  label: string;
  value: string | undefined;
  any?: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string | undefined) => void;
}) {
  return (
    <select
      className="select"
      aria-label={props.label}
      value={props.value ?? ''}
      onChange={(event) => props.onChange(event.target.value || undefined)}
    >
      {props.any !== undefined && <option value="">{props.any}</option>}
      {props.options.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

export function Switch(props: {
  label: ReactNode;
  isOn: boolean;
  onChange: (on: boolean) => void;
  disabled?: boolean;
  /** The role this takes; without it the switch cannot be moved and says so. */
  needs?: Role;
}) {
  const may = useMay(props.needs);
  const why = may || !props.needs ? undefined : `This takes the role ${roleTitle(props.needs)}.`;
  return (
    <label className="switch" title={why}>
      <input
        type="checkbox"
        className="switch-box"
        checked={props.isOn}
        disabled={props.disabled || !may}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span>{props.label}</span>
    </label>
  );
}

/** One of a few, side by side. */
export function Toggle<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [value: T, label: string])[];
  onChange: (value: T) => void;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row everywhere
    <div className="toggle" role="group" aria-label={props.label}>
      {props.options.map(([value, label]) => (
        <button key={value} type="button" aria-pressed={value === props.value} onClick={() => props.onChange(value)}>
          {label}
        </button>
      ))}
    </div>
  );
}

/** A labelled field with the service's own words below it when it refuses a value. */
export function Field(props: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  children: (ids: {
    id: string;
    'aria-describedby': string | undefined;
    'aria-invalid': boolean | undefined;
  }) => ReactNode;
}) {
  const id = useId();
  const below = props.error ?? props.hint;
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        'aria-describedby': below ? `${id}-below` : undefined,
        'aria-invalid': props.error ? true : undefined,
      })}
      {below && (
        <div
          id={`${id}-below`}
          className={props.error ? 'field-error' : 'field-hint'}
          role={props.error ? 'alert' : undefined}
        >
          {below}
        </div>
      )}
    </div>
  );
}

/** The search of a toolbar. `onSearch` gets what was typed, once it is entered or left. */
export function ToolbarSearch(props: {
  label: string;
  placeholder: string;
  value: string;
  onText: (text: string) => void;
  onSearch?: (text: string) => void;
}) {
  const search = () => props.onSearch?.(props.value.trim());
  return (
    <input
      className="input toolbar-search"
      type="search"
      aria-label={props.label}
      placeholder={props.placeholder}
      value={props.value}
      onChange={(event) => props.onText(event.target.value)}
      onBlur={search}
      onKeyDown={(event) => {
        if (event.key === 'Enter') search();
      }}
    />
  );
}

/** One connector, or all of them. */
export function ConnectorChoice(props: {
  connectors: readonly { readonly name: string }[] | undefined;
  value: string | undefined;
  onChange: (connector: string | undefined) => void;
}) {
  return (
    <Choice
      label="Connector"
      value={props.value}
      any="All connectors"
      options={(props.connectors ?? []).map((c) => [c.name, c.name])}
      onChange={props.onChange}
    />
  );
}
