/** Copy as CSV, as JSON, or the link to exactly this view. */
import { copyText, Icon } from './copy.tsx';

export interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null | undefined)[])[];
}

/** A cell that no spreadsheet takes for a formula. */
function cell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  const safe =
    typeof value === 'string' && /^'*[\s\u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]/.test(text)
      ? `'${text}`
      : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
export const csvText = (sheet: Sheet): string =>
  [sheet.columns, ...sheet.rows].map((row) => row.map(cell).join(',')).join('\r\n');

export function ExportMenu(props: { sheet: () => Sheet; json: () => unknown }) {
  const close = (event: React.MouseEvent) =>
    (event.currentTarget.closest('details') as HTMLDetailsElement).removeAttribute('open');
  const items: readonly (readonly [string, () => void])[] = [
    ['Copy as CSV', () => void copyText(csvText(props.sheet()), 'the rows as CSV')],
    ['Copy as JSON', () => void copyText(JSON.stringify(props.json(), null, 2), 'the rows as JSON')],
    ['Copy link to this view', () => void copyText(location.href, 'the link')],
  ];
  return (
    <details className="menu">
      <summary className="button button-small" aria-label="Copy or export">
        <Icon name="copy" /> Copy
      </summary>
      <div className="menu-items">
        {items.map(([label, act]) => (
          <button
            key={label}
            type="button"
            onClick={(event) => {
              act();
              close(event);
            }}
          >
            {label}
          </button>
        ))}
      </div>
    </details>
  );
}
