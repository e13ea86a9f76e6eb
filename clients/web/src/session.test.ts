/** Signing in and out, with a server that is made up. */
import { ContentCreatorError } from '@content-creator/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { currentKey, noticeRefusal, signIn, signInByCode, signOut, takeCode, wasRefused } from './session';

const answer = (status: number, body: unknown) =>
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(body, { status })));
const refusal = { error_code: 'UNAUTHORIZED', message: 'No.', details: {}, request_id: 'r' };

beforeEach(() => {
  signOut();
  answer(200, { items: [] });
});
afterEach(() => vi.unstubAllGlobals());

test('a key stays in the tab, or on request in the browser, and never in both', async () => {
  await signIn('cc_a', false);
  expect([sessionStorage.length, localStorage.length, currentKey()]).toEqual([1, 0, 'cc_a']);
  await signIn('cc_b', true);
  expect([sessionStorage.length, localStorage.length, currentKey()]).toEqual([0, 1, 'cc_b']);
  signOut();
  expect([sessionStorage.length, localStorage.length, currentKey()]).toEqual([0, 0, null]);
});

test('a key that the server does not know is not kept', async () => {
  answer(401, refusal);
  await expect(signIn('cc_wrong', true)).rejects.toThrow('No.');
  expect(currentKey()).toBeNull();
});

test('a key that is revoked meanwhile signs out, and it is told; other errors do not', async () => {
  await signIn('cc_a', false);
  noticeRefusal(new ContentCreatorError('No.', { code: 'FORBIDDEN', status: 403 }));
  expect(currentKey()).toBe('cc_a');
  noticeRefusal(new ContentCreatorError('No.', { code: 'UNAUTHORIZED', status: 401 }));
  expect([currentKey(), wasRefused()]).toEqual([null, true]);
});

test('a link’s code becomes a key that stays in the browser', async () => {
  answer(201, { key: 'cc_made' });
  await signInByCode('9xS1bq0vXKpT3nYw8rLzUa4mEcHdGfJk');
  expect([localStorage.length, currentKey()]).toEqual([1, 'cc_made']);
  expect(takeCode()).toBeNull();
  answer(401, refusal);
  await expect(signInByCode('9xS1bq0vXKpT3nYw8rLzUa4mEcHdGfJk')).rejects.toThrow('No.');
});
