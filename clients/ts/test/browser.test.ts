/** The package in a real browser, on a page of another origin than the server's. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import { serve, unique } from './helpers.js';

/** What the page does. The first attempt of each POST is refused by `fetch`, as where a server is away. */
const program = (feed: string): string => `
  import { all, ContentCreatorError, createClient } from './dist/index.js';
  const ids = [];
  const posts = new Map();
  const client = createClient({
    baseUrl: ${JSON.stringify(inject('serverUrl'))}, apiKey: ${JSON.stringify(inject('apiKey'))}, retries: { first: 1, longest: 1 },
    fetch: async (request) => {
      ids.push(request.headers.get('X-Request-Id'));
      const key = request.headers.get('Idempotency-Key');
      if (key) posts.set(key, (posts.get(key) ?? 0) + 1);
      if (posts.get(key) === 1) throw new TypeError('Failed to fetch');
      return fetch(request);
    },
  });
  const run = async () => {
    const domain = ${JSON.stringify(unique())};
    const about = { domain, market: 'de', language: 'en' };
    await client.topics.create({ body: { title: 'In a browser', ...about } });
    const titles = [];
    for await (const topic of all((cursor) => client.topics.list({ query: { domain, cursor } }))) titles.push(topic.title);
    const { data: feed } = await client.collections.create({ body: { name: domain, url: ${JSON.stringify(feed)}, ...about, enabled: false } });
    const { data: poll } = await client.collections.poll({ path: { id: feed.id } });
    const events = [];
    const job = await client.jobs.wait(poll.id, { onEvent: (event) => events.push(event.type) });
    const missing = await client.topics.get({ path: { id: '0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37' } }).catch((error) => error);
    const aborted = await client.topics.list({ signal: AbortSignal.abort(new Error('enough')) }).catch((error) => error.message);
    return { titles, state: job.state, events, code: missing.code, named: missing.requestId === ids.at(-2), aborted, posts: [...posts.values()] };
  };
  const result = await run().catch((error) => ({ failed: String(error?.stack ?? error) }));
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
`;

test('all of it works in a browser', async () => {
  const dist = fileURLToPath(new URL('..', import.meta.url));
  const script = program(`${inject('proxyUrl')}/feeds/ok.xml?${unique()}`);
  const files: Record<string, string> = { '/': '<script type="module" src="/page.js"></script>', '/page.js': script };
  const told = new EventEmitter();
  const url = await serve(async (request, response) => {
    if (request.url === '/result') told.emit('result', JSON.parse(await text(request)));
    response.setHeader('Content-Type', request.url === '/' ? 'text/html' : 'text/javascript');
    const asked = String(request.url);
    response.end(asked.startsWith('/dist/') ? await readFile(join(dist, asked)) : files[asked]);
  });
  const result = once(told, 'result', { signal: AbortSignal.timeout(60_000) });
  await open(await chromium(), url);
  expect(await result).toEqual([{
    titles: ['In a browser'], state: 'succeeded', events: expect.arrayContaining(['job.queued', 'job.succeeded']),
    code: 'TOPIC_NOT_FOUND', named: true, aborted: 'enough', posts: [2, 2, 2],
  }]);
}, 90_000);

/** Where the browser is. */
async function chromium(): Promise<string> {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const file = join(folder, name);
      if (await access(file).then(() => true, () => false)) return file;
    }
  }
  throw new Error('There is no browser. Cure: apt-get install chromium');
}

/** Opens a page until the test ends. */
async function open(program: string, url: string): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'content-creator-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-background-networking', '--remote-debugging-port=0'];
  const browser = spawn(program, [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore' });
  onTestFinished(async () => {
    browser.kill('SIGKILL');
    if (browser.exitCode === null && browser.signalCode === null) await once(browser, 'exit');
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
}
