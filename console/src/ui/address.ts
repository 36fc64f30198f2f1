/** The part of the address behind the question mark as state: filters and tabs survive reload and can be sent. */
import { useCallback, useMemo } from 'react';
import { useLocation, useSearch } from 'wouter';

export type Query = Readonly<Record<string, string>>;

export function useQueryState(): [Query, (change: Readonly<Record<string, string | undefined>>) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const query = useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
  const change = useCallback(
    (to: Readonly<Record<string, string | undefined>>) => {
      const next = new URLSearchParams(search);
      for (const [name, value] of Object.entries(to)) {
        if (value === undefined || value === '') next.delete(name);
        else next.set(name, value);
      }
      const text = next.toString();
      navigate(text ? `${path}?${text}` : path, { replace: true });
    },
    [search, path, navigate],
  );
  return [query, change];
}

/** An address with parameters; absent ones are left out. */
export function address(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/**
 * A segment of an address. One that ends like a file name (`ana@contoso.com`) is taken for a file when the page is
 * loaded; the slash behind keeps it a page.
 */
const segment = (text: string): string => {
  const part = encodeURIComponent(text);
  return /\.\w+$/.test(part) ? `${part}/` : part;
};
export const objectHref = (reference: string): string => `/objects/${segment(reference)}`;
export const ruleHref = (reference: string): string => `/rules/${segment(reference)}`;
