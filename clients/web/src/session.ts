/** Who is signed in: an API key, kept for this tab or, on request, for this browser. */
import { createClient, type ContentCreatorClient, ContentCreatorError } from '@content-creator/client';
import { useSyncExternalStore } from 'react';

const NAME = 'content-creator.key';
const watchers = new Set<() => void>();
/** Why somebody who was signed in is not any more. */
let refused = false;

/** The key that is in use, or null. */
export function currentKey(): string | null {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
}

/** Whether the server has refused the key that was in use. */
export function wasRefused(): boolean {
  return refused;
}

/** The one client of the console. It sends the key of the moment. */
export const api: ContentCreatorClient = createClient({
  baseUrl: window.location.origin,
  apiKey: () => currentKey() ?? '',
});

/** Tries a key and keeps it if the server knows it. Throws what the server says otherwise. */
export async function signIn(key: string, remember: boolean): Promise<void> {
  const trial = createClient({ baseUrl: window.location.origin, apiKey: key });
  await trial.jobs.list({ query: { page_size: 1 } });
  keep(key, remember);
}

/** The code of a sign-in link: what the address bore when the page was loaded. It is taken out of the address, and answered once. */
let code = /^#code=([\w-]+)$/.exec(window.location.hash)?.[1] ?? null;
if (code !== null) history.replaceState(null, '', window.location.pathname + window.location.search);

export function takeCode(): string | null {
  const taken = code;
  code = null;
  return taken;
}

/** Makes a key of a link's code and keeps it in this browser: nobody could type it in again. Throws what the server says otherwise. */
export async function signInByCode(code: string): Promise<void> {
  const visitor = createClient({ baseUrl: window.location.origin });
  const { data } = await visitor.admin.signIn({ body: { code } });
  keep(data.key, true);
}

/** What somebody types and has not saved is kept in the tab, under names that begin so; it goes when they sign out. */
export const UNSAVED = 'content-creator.unsaved.';

export function signOut(): void {
  forget();
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(UNSAVED)) sessionStorage.removeItem(name);
  refused = false;
  tell();
}

/** Signs out where the server no longer knows the key; other errors are left alone. */
export function noticeRefusal(error: unknown): void {
  if (!ContentCreatorError.is(error, 'UNAUTHORIZED') || currentKey() === null) return;
  forget();
  refused = true;
  tell();
}

/** The key in use; components that call this follow it. */
export function useKey(): string | null {
  return useSyncExternalStore(watch, currentKey);
}

function keep(key: string, remember: boolean): void {
  forget();
  (remember ? localStorage : sessionStorage).setItem(NAME, key);
  refused = false;
  tell();
}

function forget(): void {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}

function tell(): void {
  for (const watcher of watchers) watcher();
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  // Another tab has signed in or out.
  window.addEventListener('storage', watcher);
  return () => {
    watchers.delete(watcher);
    window.removeEventListener('storage', watcher);
  };
}
