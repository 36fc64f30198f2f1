/** Identifiers: monospaced, shortened in the middle, copied with one click. */
import { useState } from 'react';
import { shorten } from './text.ts';
import { announce } from './toast.tsx';

/** Puts a text on the clipboard and says so. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${what}.`);
  } catch {
    // Without HTTPS or without permission there is no clipboard; a selection still works everywhere.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'visually-hidden';
    document.body.append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    announce(isDone ? `Copied ${what}.` : 'This browser lets no page write to the clipboard.', isDone ? 'ok' : 'error');
  }
}

export function Id(props: { value: string; what?: string; keep?: number }) {
  const [isDone, setDone] = useState(false);
  const what = props.what ?? 'identifier';
  return (
    <button
      type="button"
      className="id"
      title={`${props.value}\nClick to copy`}
      onClick={(event) => {
        event.stopPropagation();
        void copyText(props.value, what);
        setDone(true);
        setTimeout(() => setDone(false), 1200);
      }}
    >
      <span className="visually-hidden">Copy {what}</span>
      <span className="mono">{shorten(props.value, props.keep)}</span>
      <Icon name={isDone ? 'check' : 'copy'} />
    </button>
  );
}

const paths = {
  copy: 'M5 5h7v8H5zM3 10V3h7',
  check: 'M3 8.5 6.5 12 13 4.5',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.5-1L14 14',
  close: 'm4 4 8 8m0-8-8 8',
  chevron: 'm6 4 4 4-4 4',
  down: 'm4 6 4 4 4-4',
  external: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7 9',
  play: 'M5 3.5v9l7-4.5z',
  stop: 'M4 4h8v8H4z',
  theme: 'M8 2.5v11a5.5 5.5 0 0 0 0-11Zm0 0a5.5 5.5 0 0 0 0 11',
  user: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-5 5.5c.6-2.4 2.6-3.5 5-3.5s4.4 1.1 5 3.5',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  keyboard: 'M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.5h6',
  link: 'M6.5 9.5a2.5 2.5 0 0 0 3.5 0l2-2A2.5 2.5 0 0 0 8.500 4M9.500 6.500a2.500 2.500 0 0 0-3.500 0l-2 2A2.500 2.500 0 0 0 7.500 12',
  download: 'M8 2.500v7m-3-3 3 3 3-3M3 13h10',
  refresh: 'M13 8a5 5 0 1 1-1.500-3.600M13 2.500v3h-3',
} as const;
export type IconName = keyof typeof paths;

/** A line drawing of 16 by 16. Never the only carrier of meaning. */
export function Icon(props: { name: IconName }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={paths[props.name]} />
    </svg>
  );
}
