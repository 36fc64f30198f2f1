/** Tabs whose choice is part of the address, so that every view can be sent to somebody. */
import { type KeyboardEvent, type ReactNode, useRef } from 'react';

export interface Tab {
  readonly key: string;
  readonly title: ReactNode;
}

export function Tabs(props: {
  label: string;
  tabs: readonly Tab[];
  selected: string;
  onSelect: (key: string) => void;
  children: ReactNode;
  /** Takes the height that is left, for a grid inside. */
  isFill?: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = props.tabs.findIndex((t) => t.key === props.selected);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? props.tabs.length - 1
          : step === undefined
            ? undefined
            : at + step;
    if (to === undefined) return;
    event.preventDefault();
    const tab = props.tabs[(to + props.tabs.length) % props.tabs.length];
    if (!tab) return;
    props.onSelect(tab.key);
    list.current?.querySelector<HTMLElement>(`#tab-${tab.key}`)?.focus();
  };
  return (
    <div className={props.isFill ? 'tabs tabs-fill' : 'tabs'}>
      <div className="tab-list" role="tablist" aria-label={props.label} tabIndex={-1} ref={list} onKeyDown={onKeyDown}>
        {props.tabs.map((t) => (
          <button
            key={t.key}
            type="button"
            role="tab"
            id={`tab-${t.key}`}
            aria-selected={t.key === props.selected}
            aria-controls={t.key === props.selected ? `panel-${t.key}` : undefined}
            tabIndex={t.key === props.selected ? 0 : -1}
            onClick={() => props.onSelect(t.key)}
          >
            {t.title}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`panel-${props.selected}`}
        aria-labelledby={`tab-${props.selected}`}
        className="tab-panel"
      >
        {props.children}
      </div>
    </div>
  );
}
