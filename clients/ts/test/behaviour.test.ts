/** The table of behaviour that all SDKs share, played by the fault-injecting proxy in front of the real server. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { all, ContentCreatorError, JobFailedError, type ContentCreatorClient, type TopicCreate } from '@content-creator/client';
import { connect } from './helpers.js';

interface Fault {
  code: string;
  status: number;
  retry_after?: number;
  attempts: number;
}

interface Case {
  name: string;
  do: string;
  script?: object[];
  options?: { attempts?: number; within_ms?: number; timeout_ms?: number; cancel_at?: number };
  expect: {
    requests: number;
    error?: Fault;
    same?: string[];
    lacks?: string[];
    resumed?: boolean;
    items?: number;
    made?: number;
    events?: string[];
    aborted?: boolean;
    job_failed?: boolean;
  };
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const cases = JSON.parse(await readFile(join(root, 'clients/behaviour/cases.json'), 'utf8')) as Case[];

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'content-creator-proxy-'));
  program = join(folder, 'proxy');
  await promisify(execFile)('go', ['build', '-o', program, './clients/behaviour/proxy'], { cwd: root });
}, 90_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a case plays in. */
interface Scene {
  direct: ContentCreatorClient;
  tested: ContentCreatorClient;
  keyless: ContentCreatorClient;
  title: string;
  signal: AbortSignal;
  items: Set<string>;
  events: string[];
  /** Lets the script begin: what comes before was preparation. */
  begin(): Promise<void>;
}

const create = (title: string): TopicCreate => ({ title, domain: 'behaviour', market: 'de', language: 'en' });

async function topicOf({ direct, title }: Scene): Promise<{ id: string; etag: string }> {
  const { data, response } = await direct.topics.create({ body: create(title) });
  return { id: data.id, etag: String(response.headers.get('ETag')) };
}

/** What the cases ask for, by name. */
const actions: Record<string, (scene: Scene) => Promise<unknown>> = {
  async get_topic(s) {
    const path = { id: (await topicOf(s)).id };
    await s.begin();
    return s.tested.topics.get({ path, signal: s.signal });
  },
  async get_missing_topic(s) {
    await s.begin();
    return s.tested.topics.get({ path: { id: randomUUID() } });
  },
  async get_unchanged_topic(s) {
    const { id, etag } = await topicOf(s);
    await s.begin();
    return s.tested.topics.get({ path: { id }, headers: { 'If-None-Match': etag } });
  },
  async get_topic_without_key(s) {
    await s.begin();
    return s.keyless.topics.get({ path: { id: randomUUID() } });
  },
  async create_topic(s) {
    await s.begin();
    return s.tested.topics.create({ body: create(s.title) });
  },
  async create_faulty_topic(s) {
    await s.begin();
    return s.tested.topics.create({ body: {} as TopicCreate });
  },
  async create_api_key(s) {
    await s.begin();
    return s.tested.admin.createApiKey({ body: { name: s.title, scopes: ['read'] } });
  },
  async update_topic(s) {
    const path = { id: (await topicOf(s)).id };
    await s.begin();
    return s.tested.topics.update({ path, body: { priority: 7 } });
  },
  async update_topic_if_match(s) {
    const { id, etag } = await topicOf(s);
    await s.begin();
    return s.tested.topics.update({ path: { id }, headers: { 'If-Match': etag }, body: { priority: 7 } });
  },
  async update_stale_topic(s) {
    const { id, etag } = await topicOf(s);
    await s.direct.topics.update({ path: { id }, body: { priority: 3 } });
    await s.begin();
    return s.tested.topics.update({ path: { id }, headers: { 'If-Match': etag }, body: { priority: 7 } });
  },
  async delete_topic(s) {
    const path = { id: (await topicOf(s)).id };
    await s.begin();
    return s.tested.topics.delete({ path });
  },
  async list_topics(s) {
    const domain = s.title.toLowerCase().replaceAll(' ', '-');
    for (const n of [1, 2, 3, 4, 5]) await s.direct.topics.create({ body: { ...create(`${s.title} ${n}`), domain } });
    await s.begin();
    const page = (cursor: string | undefined) => s.tested.topics.list({ query: { domain, page_size: 2, ...(cursor && { cursor }) } });
    for await (const topic of all(page)) s.items.add(topic.id);
  },
  async wait_job(s) {
    const { data } = await s.direct.topics.discover({ body: { domain: 'behaviour', market: 'de', language: 'en' } });
    await s.direct.jobs.wait(data.id); // so that all its events are there
    await s.begin();
    return s.tested.jobs.wait(data.id, { onEvent: ({ type }) => s.events.push(type) });
  },
  async wait_failing_job(s) {
    const body = { name: s.title, url: `http://127.0.0.1:9/${s.title}`, domain: 'behaviour', market: 'de', enabled: false };
    const { data: feed } = await s.direct.collections.create({ body });
    const { data } = await s.direct.collections.poll({ path: { id: feed.id } });
    await expect(s.direct.jobs.wait(data.id)).rejects.toBeInstanceOf(JobFailedError);
    await s.begin();
    return s.tested.jobs.wait(data.id, { onEvent: ({ type }) => s.events.push(type) });
  },
  async wait_missing_job(s) {
    await s.begin();
    return s.tested.jobs.wait('999999999');
  },
  async stream_without_key(s) {
    await s.begin();
    return s.keyless.events.stream().next();
  },
};

/** The proxy of one case. */
async function proxied(): Promise<{ url: string; stop: () => Promise<void> }> {
  const process: ChildProcess = spawn(program, [inject('serverUrl')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface({ input: process.stdout! }), 'line')) as [string];
  const stop = async (): Promise<void> => {
    const ended = once(process, 'exit');
    process.stdin!.end();
    await ended;
  };
  return { url, stop };
}

const enough = new Error('the caller has had enough');

for (const c of cases) {
  test.concurrent(c.name, async () => {
    const { url, stop } = await proxied();
    const controller = new AbortController();
    const seen = async (): Promise<Array<Record<string, string[]>>> =>
      ((await (await fetch(`${url}/_behaviour/seen`)).json()) as Array<Record<string, string[]>> | null) ?? [];
    try {
      const { attempts, within_ms: within, timeout_ms: timeout, cancel_at: cancelAt } = c.options ?? {};
      const options = { baseUrl: url, retries: { attempts, within, first: 1, longest: 5 }, timeout };
      const scene: Scene = {
        direct: connect(),
        tested: connect(options),
        keyless: connect({ ...options, apiKey: undefined }),
        title: `Behaviour ${randomUUID()}`,
        signal: controller.signal,
        items: new Set(),
        events: [],
        async begin() {
          await fetch(`${url}/_behaviour/script`, { method: 'PUT', body: JSON.stringify(c.script ?? []) });
          if (cancelAt) void fetch(`${url}/_behaviour/seen?count=${cancelAt}`).then(() => controller.abort(enough));
        },
      };
      const result = await actions[c.do]!(scene).then(
        () => undefined,
        (error: unknown) => error,
      );
      await hold(c, scene, result, await seen());
    } finally {
      await stop();
    }
  });
}

/** Compares what came of a case with what must. */
async function hold(c: Case, scene: Scene, result: unknown, seen: Array<Record<string, string[]>>): Promise<void> {
  const want = c.expect;
  if (want.aborted) expect(result).toBe(enough);
  else if (want.job_failed) expect((result as JobFailedError).job.state).toBe('failed');
  else if (want.error) {
    expect(result).toBeInstanceOf(ContentCreatorError);
    const fault = result as ContentCreatorError;
    expect({ code: fault.code, status: fault.status, attempts: fault.attempts }).toEqual({
      code: want.error.code, status: want.error.status, attempts: want.error.attempts,
    });
    if (want.error.retry_after) expect(fault.retryAfter).toBe(want.error.retry_after);
    expect(fault.requestId).toBeTruthy();
  } else expect(result).toBeUndefined();

  const header = (request: Record<string, string[]> | undefined, name: string): string | undefined =>
    Object.entries(request ?? {}).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1][0];
  expect(seen).toHaveLength(want.requests);
  for (const name of want.same ?? []) {
    expect(header(seen[0], name)).toBeTruthy();
    expect(new Set(seen.map((request) => header(request, name))).size).toBe(1);
  }
  for (const name of want.lacks ?? []) expect(seen.map((request) => header(request, name)).filter(Boolean)).toEqual([]);
  if (want.resumed) expect(header(seen[1], 'Last-Event-ID')).toBeTruthy();
  expect(scene.items.size).toBe(want.items ?? 0);
  if (want.made !== undefined) {
    const { data } = await scene.direct.topics.list({ query: { search: scene.title } });
    expect(data.total).toBe(want.made);
  }
  expect(scene.events).toEqual(expect.arrayContaining(want.events ?? []));
}
