/** What the table of cases cannot say: what only this client has. */
import { describe, expect, inject, test } from 'vitest';
import { ContentCreatorError, ifMatch } from '@content-creator/client';
import { retryAfter } from '../src/errors.js';
import { backOff, RETRIES, withDefaults } from '../src/retry.js';
import { connect, failure, serve, topic } from './helpers.js';

const soon = { first: 1, longest: 1 };

describe('a key', () => {
  test('is asked for before each attempt', async () => {
    const keys = ['old', 'older', inject('apiKey')];
    const sent: Array<string | null> = [];
    const client = connect({
      retries: soon,
      apiKey: () => keys.shift(),
      fetch: (input) => {
        sent.push((input as Request).headers.get('Authorization'));
        return sent.length < 3 ? Promise.resolve(new Response('', { status: 503 })) : fetch(input);
      },
    });
    await client.topics.list();
    expect(sent).toEqual(['Bearer old', 'Bearer older', `Bearer ${inject('apiKey')}`]);
  });

  test('that cannot be had is an error', async () => {
    const apiKey = (): Promise<string> => Promise.reject(new Error('no vault'));
    const error = await failure(connect({ apiKey, retries: soon }).topics.list());
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', attempts: 4, cause: new Error('no vault') });
    expect(error.message).toContain('no vault');
  });

  test('never stands in an address', async () => {
    const { data: search } = await connect().searches.createSearch({ body: { name: topic().title, query: 'heat' } });
    const urls: string[] = [];
    const client = connect({ fetch: (input) => (urls.push((input as Request).url), fetch(input)) });
    await client.searches.getSearchFeed({ path: { id: search.id, format: 'rss' } });
    expect(urls).toHaveLength(1);
    expect(urls[0]).not.toContain('token');
  });
});

test('no answer is a value where errors are', async () => {
  const baseUrl = await serve((request) => void request.destroy());
  const { data, error, request } = await connect({ baseUrl, retries: { attempts: 1 } }).topics.list({ throwOnError: false });
  expect(data).toBeUndefined();
  expect(error).toBeInstanceOf(ContentCreatorError);
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', status: 0, requestId: request?.headers.get('X-Request-Id') });
});

test('a change without an ETag is not sent', () => {
  expect(ifMatch('"3"')).toEqual({ 'If-Match': '"3"' });
  expect(() => ifMatch(null)).toThrow(TypeError);
});

test('waits double up to the longest, and are random', () => {
  for (let attempt = 1; attempt < 40; attempt++) {
    const wait = backOff(attempt, RETRIES);
    expect(wait).toBeGreaterThanOrEqual(0);
    expect(wait).toBeLessThanOrEqual(Math.min(10_000, 250 * 2 ** (attempt - 1)));
  }
  expect(backOff(1, RETRIES, 7)).toBe(7000);
  expect(withDefaults({ attempts: undefined, within: 5 })).toEqual({ ...RETRIES, within: 5 });
});

test('Retry-After is seconds or a date', () => {
  const read = (value: string): number | undefined => retryAfter(new Headers({ 'Retry-After': value }));
  expect(read('120')).toBe(120);
  expect(read(new Date(Date.now() + 90_000).toUTCString())).toBeGreaterThan(85);
  expect(read('Fri, 31 Dec 1999 23:59:59 GMT')).toBe(0);
  for (const other of ['', 'soon', '-1', '1.5', '99999999999']) expect(read(other)).toBeUndefined();
  expect(retryAfter(new Headers())).toBeUndefined();
});
