// biome-ignore-all lint/a11y/useSemanticElements: a virtualised grid cannot be a table; the roles of ARIA's grid pattern are used
// biome-ignore-all lint/a11y/useFocusableInteractive: the rows are focusable, as in ARIA's grid pattern with row focus
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid handles the keys for all rows
// biome-ignore-all lint/correctness/useExhaustiveDependencies: a change of the row height measures anew
/**
 * A virtualised grid over keyset pages: only the rows in sight are in the document, the next page is fetched before it
 * is needed. Arrows, Home, End, Page keys and Enter work; below 700 px every row is a card.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useIsNarrow } from './media.ts';
import { Skeleton } from './parts.tsx';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** A grid track: `120px`, `minmax(160px, 2fr)`. */
  readonly width: string;
  readonly cell: (row: Row) => ReactNode;
  readonly isNumber?: boolean;
  /** Left out of cards. */
  readonly isWideOnly?: boolean;
  /** Sorts on the server when the head is clicked. */
  readonly sort?: { readonly direction: 'up' | 'down' | undefined; readonly onToggle: () => void };
}

export interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Where Enter and a click on the row lead. */
  readonly hrefOf?: ((row: Row) => string | undefined) | undefined;
  readonly onOpen?: ((row: Row) => void) | undefined;
  readonly selectedKey?: string | undefined;
  readonly isLoading?: boolean | undefined;
  readonly hasMore?: boolean | undefined;
  readonly onMore?: (() => void) | undefined;
  readonly empty?: ReactNode;
  /** Known number of rows, if the server counts them. */
  readonly total?: number | undefined;
  /** Rows of a grid without a scroll area of its own; for short lists. */
  readonly isPlain?: boolean;
}

const rowHeight = 32;
const cardLine = 22;
/** Of the head that stays on top, with its line. */
const headHeight = 33;

export function Grid<Row>(props: GridProps<Row>) {
  const { rows, columns } = props;
  const isNarrow = useIsNarrow();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const hasFocus = useRef(false);
  const [, navigate] = useLocation();
  const shownColumns = isNarrow ? columns.filter((c) => !c.isWideOnly) : columns;
  const height = isNarrow ? shownColumns.length * cardLine + 20 : rowHeight;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: isNarrow ? 0 : headHeight,
    scrollPaddingStart: isNarrow ? 0 : headHeight,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasMore, onMore, isLoading } = props;
  useEffect(() => {
    virtual.measure();
  }, [height, virtual]);
  useEffect(() => {
    if (hasMore && !isLoading && last >= rows.length - 100) onMore?.();
  }, [hasMore, isLoading, last, rows.length, onMore]);
  useEffect(() => {
    if (active >= rows.length && rows.length > 0) setActive(rows.length - 1);
  }, [active, rows.length]);
  useEffect(() => {
    if (!hasFocus.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    if (row && !row.contains(document.activeElement)) row.focus({ preventScroll: true });
  });

  const open = (row: Row) => {
    const href = props.hrefOf?.(row);
    if (props.onOpen) props.onOpen(row);
    else if (href) navigate(href);
  };
  const move = (to: number) => {
    const index = Math.max(0, Math.min(rows.length - 1, to));
    hasFocus.current = true;
    setActive(index);
    virtual.scrollToIndex(index);
  };
  const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / height) - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      j: active + 1,
      ArrowUp: active - 1,
      k: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: rows.length - 1,
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[active];
    const to = steps[event.key];
    if (to !== undefined) move(to);
    else if (
      event.key === 'Enter' &&
      row !== undefined &&
      event.target === event.currentTarget.querySelector('[tabindex="0"]')
    )
      open(row);
    else return;
    event.preventDefault();
  };

  if (rows.length === 0) return isLoading ? <Skeleton rows={8} /> : props.empty;
  const template = shownColumns.map((c) => c.width).join(' ');
  return (
    <div
      className={`grid ${isNarrow ? 'grid-cards' : ''} ${props.isPlain ? 'grid-plain' : ''}`}
      role="grid"
      tabIndex={-1}
      aria-label={props.label}
      aria-rowcount={(props.total ?? (hasMore ? -1 : rows.length)) + (props.total === undefined && hasMore ? 0 : 1)}
      aria-colcount={columns.length}
      onKeyDown={onKeyDown}
      onFocus={() => {
        hasFocus.current = true;
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) hasFocus.current = false;
      }}
    >
      <div className="grid-scroll" ref={scroller} role="presentation">
        <div className="grid-head" role="rowgroup">
          <div
            className="grid-row"
            role="row"
            aria-rowindex={1}
            tabIndex={-1}
            style={{ gridTemplateColumns: template }}
          >
            {shownColumns.map((c) => (
              <Head key={c.key} column={c} />
            ))}
          </div>
        </div>
        <div className="grid-space" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index] as Row;
            const key = props.keyOf(row);
            return (
              <div
                key={key}
                role="row"
                className={`grid-row grid-body ${props.selectedKey === key ? 'is-selected' : ''} ${props.hrefOf || props.onOpen ? 'is-link' : ''}`}
                aria-rowindex={item.index + 2}
                aria-selected={props.selectedKey === undefined ? undefined : props.selectedKey === key}
                data-index={item.index}
                tabIndex={item.index === active ? 0 : -1}
                style={{
                  gridTemplateColumns: isNarrow ? undefined : template,
                  height,
                  top: item.start - virtual.options.scrollMargin,
                }}
                onFocus={() => setActive(item.index)}
                onClick={(event) => {
                  if ((event.target as Element).closest('a, button, input, label') || String(getSelection())) return;
                  open(row);
                }}
              >
                {shownColumns.map((c) => (
                  <div key={c.key} role="gridcell" className={c.isNumber ? 'cell number' : 'cell'}>
                    {isNarrow && <span className="cell-label">{c.title}</span>}
                    {c.cell(row)}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {isLoading && <div className="grid-more">Loading more…</div>}
    </div>
  );
}

function Head<Row>(props: { column: Column<Row> }) {
  const { column: c } = props;
  const direction = c.sort?.direction;
  return (
    <div
      role="columnheader"
      tabIndex={-1}
      className={c.isNumber ? 'cell number' : 'cell'}
      aria-sort={direction === 'up' ? 'ascending' : direction === 'down' ? 'descending' : undefined}
    >
      {c.sort ? (
        <button type="button" className="head-button" onClick={c.sort.onToggle}>
          {c.title} {direction === 'up' ? '↑' : direction === 'down' ? '↓' : ''}
        </button>
      ) : (
        c.title
      )}
    </div>
  );
}
