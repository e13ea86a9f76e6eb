/** Filters of a list live in the address, so that a list can be bookmarked, shared and gone back to. */
import { useDebouncedCallback } from '@mantine/hooks';
import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';

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

/** How long somebody has to pause in typing before the list follows, in milliseconds. */
const PAUSE = 300;

/** A filter that is typed: the address follows a pause, and the field follows the address when a link or going back changes it. */
export function useTypedFilter(name: string, forget: Filters = {}): { value: string; onChange: (event: { currentTarget: { value: string } }) => void } {
  const [filters, change] = useFilters();
  const there = filters[name] ?? '';
  const [typed, type] = useState(there);
  const sent = useRef(there);
  useEffect(() => {
    if (there === sent.current) return;
    sent.current = there;
    type(there);
  }, [there]);
  const send = useDebouncedCallback((value: string) => {
    sent.current = value;
    change({ [name]: value, ...forget });
  }, PAUSE);
  return {
    value: typed,
    onChange: ({ currentTarget: { value } }) => {
      type(value);
      send(value);
    },
  };
}

/** The tab that the address names, for Tabs; the first one needs no name. What a tab alone filters by is forgotten with it. */
export function useTab(first: string, forget: Filters = {}): { value: string; onChange: (tab: string | null) => void } {
  const [filters, change] = useFilters();
  return {
    value: filters['tab'] ?? first,
    onChange: (tab: string | null) => change({ tab: tab === first || !tab ? undefined : tab, ...forget }),
  };
}

/**
 * Whether the address has a dialog open, so that other pages and the palette can lead to it; and how to open and close it.
 * Going back closes it, as a phone's button is expected to.
 */
export function useDialog(name: string): [boolean, { open: () => void; close: () => void }] {
  const filters = useSearch({ strict: false }) as Filters;
  const navigate = useNavigate();
  const router = useRouter();
  const show = (open: string | undefined, state: object) => void navigate({ to: '.', search: { ...filters, open } as never, replace: !open, state });
  const closing = useRef(false);
  useEffect(() => {
    closing.current = false;
  }, [filters['open']]);
  const close = () => {
    if (!(OPENED in router.state.location.state)) return show(undefined, {});
    // Going back takes a moment; asked twice it would go back twice.
    if (closing.current) return;
    closing.current = true;
    router.history.back();
  };
  return [filters['open'] === name, { open: () => show(name, { [OPENED]: true }), close }];
}

/** Marks an address that was gone to from the page below its dialog. */
const OPENED = 'opened';

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
