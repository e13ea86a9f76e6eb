import { expect, test, vi } from 'vitest';
import { connect, createFeed, failure, unique } from './helpers.js';

const client = connect();

test('a feed is polled, and its documents are found, read and deleted', async () => {
  const word = unique();
  const id = await createFeed(client, word);
  expect((await client.collections.get({ path: { id } })).data).toMatchObject({ health: 'paused', last_polled_at: null });

  const { data: job, response } = await client.collections.poll({ path: { id }, headers: { Prefer: 'wait=25' } });
  expect(response.status).toBe(200);
  expect(job).toMatchObject({ kind: 'poll', state: 'succeeded', error: null, subject: { type: 'collection', id } });
  expect(job.result).toMatchObject({ documents_added: 2 });
  expect((await client.jobs.get({ path: { job_id: job.id } })).data).toEqual(job);
  expect((await client.jobs.list({ query: { kind: 'poll', state: 'succeeded' } })).data.items.map((one) => one.id)).toContain(job.id);

  // Searches find a document once it is processed.
  const search = async () => (await client.documents.search({ query: { q: word, collection_id: id } })).data;
  await vi.waitUntil(async () => (await search()).total === 2, { timeout: 20_000 });
  const found = await search();
  expect(found.fuzzy).toBe(false);
  const [best, second] = found.items;
  expect(best?.title_highlighted).toBe(`Smart buildings and <mark>${word}</mark>`);
  expect(second?.snippet).toContain(`<mark>${word}</mark>`);

  const path = { id: String(best?.id) };
  const { data: document } = await client.documents.get({ path });
  expect(document).toMatchObject({ collection_id: id, language: 'en', source: 'rss', author: null, published_at: '2026-11-23T08:01:00Z' });
  await client.documents.delete({ path });
  expect((await failure(client.documents.get({ path }))).code).toBe('DOCUMENT_NOT_FOUND');
  expect((await client.documents.list({ query: { collection_id: id } })).data.total).toBe(1);

  const { data: health } = await client.collections.getHealth({ path: { id } });
  expect(health).toMatchObject({ collection_id: id, success_count: 1, failure_count: 0, success_rate: 1, last_error: null });
});

test('a feed stands once per domain and market', async () => {
  const id = await createFeed(client, unique());
  const { name, url, domain, market } = (await client.collections.get({ path: { id } })).data;
  const error = await failure(client.collections.create({ body: { name, url: url!, domain, market, enabled: false } }));
  expect(error).toMatchObject({ status: 409, code: 'COLLECTION_CONFLICT', details: { existing_id: id } });

  const { data: changed } = await client.collections.update({ path: { id }, body: { language: null, poll_interval_minutes: 30 } });
  expect(changed).toMatchObject({ language: null, poll_interval_minutes: 30 });
  const { data: paused } = await client.collections.list({ query: { enabled: false, health: 'paused', page_size: 100 } });
  expect(paused.items.map((one) => one.id)).toContain(id);
  await client.collections.delete({ path: { id } });
  expect((await failure(client.collections.get({ path: { id } }))).code).toBe('COLLECTION_NOT_FOUND');
});

test('a finished job can be neither cancelled nor run again', async () => {
  const id = await createFeed(client, unique());
  const { data: job } = await client.collections.poll({ path: { id }, headers: { Prefer: 'wait=25' } });
  const path = { job_id: job.id };
  expect(await failure(client.jobs.cancel({ path }))).toMatchObject({ status: 409, code: 'JOB_CONFLICT' });
  expect(await failure(client.jobs.retry({ path }))).toMatchObject({ status: 409, code: 'JOB_CONFLICT' });
});

test('subscriptions are imported from OPML and exported again', async () => {
  const word = unique();
  const body = `<opml version="2.0"><body><outline text="${word}"><outline text="A" xmlUrl="https://example.com/${word}"/></outline></body></opml>`;
  const query = { domain: 'tech', market: 'de', enabled: false };
  const { data: job } = await client.collections.import({ body, query, headers: { Prefer: 'wait=25' } });
  expect(job).toMatchObject({ kind: 'import', state: 'succeeded', result: { created: 1, duplicates_count: 0, refused_count: 0 } });

  const { data: exported, response } = await client.collections.export({ query: { category: word } });
  expect(response.headers.get('content-type')).toBe('text/x-opml; charset=utf-8');
  expect(exported).toContain(`xmlUrl="https://example.com/${word}"`);
});
