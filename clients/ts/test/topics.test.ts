import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ContentCreatorError, TopicSort, TopicStatus } from '@content-creator/client';
import { connect, failure, topic, unique } from './helpers.js';

const client = connect();

describe('topics', () => {
  test('are created, listed, read, changed and deleted', async () => {
    const domain = unique();
    const { data: created } = await client.topics.create({ body: topic({ domain, description: 'First', priority: 8 }) });
    expect(created).toMatchObject({ domain, description: 'First', priority: 8, status: TopicStatus.DISCOVERED, source: 'manual', intent: null });

    const { data: list } = await client.topics.list({ query: { domain, status: ['discovered', 'validated'], min_priority: 8 } });
    expect(list).toMatchObject({ total: 1, total_relation: 'eq', page: 1, pages: 1, next_cursor: null });
    expect(list.items[0]?.id).toBe(created.id);

    const path = { id: created.id };
    const { data: changed } = await client.topics.update({ path, body: { description: null, status: 'validated' } });
    expect(changed).toMatchObject({ description: null, status: 'validated', priority: 8 });
    expect((await client.topics.get({ path })).data).toEqual(changed);

    expect((await client.topics.delete({ path })).response.status).toBe(204);
    const error = await failure(client.topics.get({ path }));
    expect(error).toMatchObject({ status: 404, code: 'TOPIC_NOT_FOUND', details: { id: created.id } });
    expect(error.message).toContain(created.id);
    expect(error.requestId).toBeTruthy();
  });

  test('that break rules are refused with every fault at once', async () => {
    const error = await failure(client.topics.create({ body: topic({ title: 'ab', priority: 11 }) }));
    expect(error).toMatchObject({ name: 'ContentCreatorError', status: 422, code: 'VALIDATION_FAILED' });
    expect(Object.keys(error.details.errors ?? {}).sort()).toEqual(['priority', 'title']);
  });

  test('with a title that is there already are refused with its id', async () => {
    const body = topic();
    const { data: first } = await client.topics.create({ body });
    const error = await failure(client.topics.create({ body: { ...body, title: `  ${body.title.toUpperCase()} ` } }));
    expect(error).toMatchObject({ status: 422, code: 'TOPIC_VALIDATION_FAILED', details: { existing_id: first.id } });
    expect(error.message).toMatch(/duplicate/i);
  });

  test('are created once, however often a request is repeated with its key', async () => {
    const request = { body: topic(), headers: { 'Idempotency-Key': randomUUID() } };
    const first = await client.topics.create(request);
    const again = await client.topics.create(request);
    expect(again.data).toEqual(first.data);
    expect(again.response.headers.get('Location')).toBe(first.response.headers.get('Location'));
    const error = await failure(client.topics.create({ ...request, body: topic() }));
    expect(error).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  });

  test('are not changed over somebody else’s change', async () => {
    const { data: created, response } = await client.topics.create({ body: topic() });
    const path = { id: created.id };
    const stale = { 'If-Match': String(response.headers.get('ETag')) };
    const current = await client.topics.update({ path, headers: stale, body: { priority: 9 } });

    const error = await failure(client.topics.update({ path, headers: stale, body: { priority: 1 } }));
    expect(error).toMatchObject({ status: 412, code: 'TOPIC_CHANGED' });
    expect((await failure(client.topics.delete({ path, headers: stale }))).status).toBe(412);
    expect((await client.topics.get({ path })).data.priority).toBe(9);

    const etag = String(current.response.headers.get('ETag'));
    const unchanged = await failure(client.topics.get({ path, headers: { 'If-None-Match': etag } }));
    expect(unchanged).toMatchObject({ status: 304, code: 'NOT_MODIFIED' });
  });

  test('are read page by page', async () => {
    const domain = unique();
    const titles = ['A', 'B', 'C', 'D', 'E'].map((letter) => `${letter} ${unique()}`);
    for (const title of titles) await client.topics.create({ body: topic({ title, domain }) });

    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const query = { domain, sort: TopicSort.TITLE, page_size: 2, ...(cursor && { cursor }) };
      const { data: page } = await client.topics.list({ query });
      expect(page.total).toBe(5);
      seen.push(...page.items.map((item) => item.title));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(titles);

    const { data: second } = await client.topics.list({ query: { domain, sort: 'title', page_size: 2, page: 2 } });
    expect(second.items.map((item) => item.title)).toEqual(titles.slice(2, 4));
    expect(second).toMatchObject({ page: 2, pages: 3 });
  });
});

describe('errors', () => {
  test('come as values where they are asked for', async () => {
    const { data, error, response } = await client.topics.get({ path: { id: randomUUID() }, throwOnError: false });
    expect(data).toBeUndefined();
    expect(error).toMatchObject({ error_code: 'TOPIC_NOT_FOUND' });
    expect(error).not.toBeInstanceOf(Error);
    expect(response?.status).toBe(404);
  });

  test('are told apart by code', async () => {
    const error = await failure(client.topics.get({ path: { id: randomUUID() } }));
    expect(ContentCreatorError.is(error)).toBe(true);
    expect(ContentCreatorError.is(error, 'JOB_NOT_FOUND', 'TOPIC_NOT_FOUND')).toBe(true);
    expect(ContentCreatorError.is(error, 'RATE_LIMITED')).toBe(false);
    expect(ContentCreatorError.is(new Error('TOPIC_NOT_FOUND'))).toBe(false);
  });

  test('of the way there are thrown as fetch throws them', async () => {
    const aborted = connect().topics.list({ signal: AbortSignal.abort(new Error('no longer wanted')) });
    await expect(aborted).rejects.toThrow('no longer wanted');
  });
});
