/** One search for everything: from any page with `/` or Ctrl-K. */

import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { searchAll } from '../api/queries.ts';
import { objectHref } from '../ui/address.ts';
import { Icon } from '../ui/copy.tsx';
import { usePaused } from '../ui/paused.ts';
import { words } from '../ui/text.ts';
import { sections } from './sections.ts';

interface Hit {
  readonly key: string;
  readonly href: string;
  readonly first: string;
  readonly second: string;
  readonly kind: string;
}

export function SearchField() {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [, navigate] = useLocation();
  const listId = useId();
  const query = usePaused(text.trim());
  const found = useQuery({
    queryKey: ['search', query],
    queryFn: ({ signal }) => searchAll(query, signal),
    enabled: query.length > 1,
    staleTime: 5000,
    placeholderData: (previous) => previous,
  });
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const isTyping = (event.target as Element).closest('input, textarea, select, [contenteditable]') !== null;
      const isSlash = event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
      const isControl = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
      if (!isSlash && !isControl) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const hits = query === '' ? [] : [...objectHits(found.data ?? []), ...pageHits(query), searchHit(text.trim())];
  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    setOpen(false);
    setText('');
    input.current?.blur();
    navigate(hit.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((active + step + Math.max(1, hits.length)) % Math.max(1, hits.length));
    } else if (event.key === 'Enter') {
      const isBehind = query !== text.trim() || (query.length > 1 && found.isPlaceholderData) || found.isLoading;
      if (isBehind) go(searchHit(text.trim()));
      else go(hits[Math.min(active, hits.length - 1)]);
    } else if (event.key === 'Escape') {
      if (isOpen && text) setOpen(false);
      else input.current?.blur();
    }
  };
  const isShown = isOpen && hits.length > 0;
  return (
    <search className="search">
      <div className="search-box">
        <Icon name="search" />
        <input
          ref={input}
          role="combobox"
          aria-label="Search for an object or a page"
          aria-expanded={isShown}
          aria-controls={listId}
          aria-activedescendant={isShown ? `${listId}-${Math.min(active, hits.length - 1)}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder="DN, UPN, mail, account name, GUID, anchor, cloud id"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
            setOpen(true);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
        <kbd className="key">/</kbd>
      </div>
      <div className="search-list" role="listbox" id={listId} aria-label="Results" hidden={!isShown}>
        {hits.map((hit, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, as for every combobox
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
          <div
            key={hit.key}
            id={`${listId}-${i}`}
            role="option"
            aria-selected={i === Math.min(active, hits.length - 1)}
            className="search-hit"
            onMouseMove={() => setActive(i)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => go(hit)}
          >
            <span className="strong nowrap">{hit.first}</span>
            <span className="second">{hit.second}</span>
            <span className="badge">{hit.kind}</span>
          </div>
        ))}
      </div>
    </search>
  );
}

const objectHits = (found: Awaited<ReturnType<typeof searchAll>>): Hit[] =>
  found.slice(0, 8).map((o) => ({
    key: o.reference,
    href: objectHref(o.reference),
    first: o.name || o.reference,
    second: o.second,
    kind: o.type ? words(o.type) : 'Object',
  }));

const pageHits = (query: string): Hit[] =>
  sections
    .filter((s) => `${s.title} ${s.also}`.toLowerCase().includes(query.toLowerCase()))
    .slice(0, 3)
    .map((s) => ({ key: s.path, href: s.path, first: s.title, second: '', kind: 'Page' }));

const searchHit = (text: string): Hit => ({
  key: 'search',
  href: `/objects?q=${encodeURIComponent(text)}`,
  first: `All objects for “${text}”`,
  second: '',
  kind: 'Search',
});
