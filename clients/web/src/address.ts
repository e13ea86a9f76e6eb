/** Filters of a list live in the address, so that a list can be bookmarked, shared and gone back to. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';

export type Filters = Record<string, string | undefined>;

export function parseSearch(text: string): Filters {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text && `?${text}`;
}

/** The filters of the moment, and how to change some of them. Another choice begins at the first page again. */
export function useFilters(): [Filters, (change: Filters) => void] {
  const filters = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  return [filters, (change) => void navigate({ to: '.', search: { ...filters, page: undefined, ...change } as never, replace: true })];
}

/** The tab that the address names, for Tabs; the first one needs no name. What a tab alone filters by is forgotten with it. */
export function useTab(first: string, forget: Filters = {}): { value: string; onChange: (tab: string | null) => void } {
  const [filters, change] = useFilters();
  return {
    value: filters['tab'] ?? first,
    onChange: (tab: string | null) => change({ tab: tab === first || !tab ? undefined : tab, ...forget }),
  };
}

/** Whether the address has a dialog open, so that other pages and the palette can lead to it; and how to open and close it. */
export function useDialog(name: string): [boolean, { open: () => void; close: () => void }] {
  const filters = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  const show = (open: string | undefined) => void navigate({ to: '.', search: { ...filters, open } as never, replace: true });
  return [filters['open'] === name, { open: () => show(name), close: () => show(undefined) }];
}

/** The page that the address names, as the API wants it. */
export function usePaging(): { page: number; page_size: number; turn: (page: number, size: number) => void } {
  const [filters, change] = useFilters();
  return useMemo(
    () => ({
      page: atLeastOne(filters['page'], 1),
      page_size: Math.min(100, atLeastOne(filters['page_size'], 20)),
      turn: (page: number, size: number) =>
        change({ page: page === 1 ? undefined : String(page), page_size: size === 20 ? undefined : String(size) }),
    }),
    [filters, change],
  );
}

function atLeastOne(text: string | undefined, fallback: number): number {
  const value = Number.parseInt(text ?? '', 10);
  return value >= 1 ? value : fallback;
}

/** Without what is not set: the server refuses parameters without a value. */
export function defined<Query extends object>(query: Query): { [Name in keyof Query]?: NonNullable<Query[Name]> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== '')) as never;
}
