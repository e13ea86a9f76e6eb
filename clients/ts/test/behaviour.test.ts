/** Holds this client to the table that all clients are held to; clients/go/behaviour_test.go is the Go client's. */
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import {
  all,
  allByPage,
  ContentCreatorError,
  createClient,
  ifMatch,
  JobFailedError,
  type ContentCreatorClient,
  type Event,
  type TopicCreate,
} from '@content-creator/client';
import { connect } from './helpers.js';

/** See clients/behaviour/behaviour.go for what each field says. */
interface Case {
  name: string;
  script?: unknown[];
  action: string;
  with?: {
    attempts?: number;
    within_ms?: number;
    timeout_ms?: number;
    silence_ms?: number;
    reconnects?: number;
    key?: string;
    headers?: Record<string, string>;
    cancel?: boolean;
    cancel_at_event?: boolean;
    cancel_job_at?: number;
    feed?: string;
    body?: object;
  };
  expect: {
    requests?: string[];
    attempts?: number;
    same?: string[];
    absent?: string[];
    queries?: Record<string, string[]>;
    resumes?: number[];
    error?: { code?: string; status?: number; retry_after?: number; attempts?: number; fields?: string[]; job?: string };
    cancelled?: boolean;
    topics?: number;
    items?: number;
    events?: string[];
    job?: string;
    replayed?: boolean;
    least_ms?: number;
    most_ms?: number;
  };
}

interface Seen {
  method: string;
  path: string;
  query: Record<string, string[]>;
  headers: Record<string, string[]>;
  replayed: boolean;
}

const direct = connect();
const proxy = inject('proxyUrl');
const cases = JSON.parse(readFileSync(new URL('../../behaviour.json', import.meta.url), 'utf8')) as Case[];

describe('the client', () => {
  test.concurrent.for(cases)('$name', async (tc, { onTestFinished }) => {
    const trial = await Trial.prepare(tc);
    onTestFinished(() => trial.end());
    const began = performance.now();
    const error = await trial.act().catch((reason: unknown) => reason ?? 'nothing was thrown');
    await trial.check(error, performance.now() - began);
  });
});

/** One case under way. */
class Trial {
  /** What the client brought. */
  readonly items: string[] = [];
  readonly events: Event[] = [];
  state = '';
  /** Why the caller cancels. */
  readonly reason = new Error('enough');
  private readonly caller = new AbortController();
  private readonly headers: Record<string, string> = {};
  private topic = '';
  private readonly own = new Set<string>();
  private job = '';

  private constructor(
    private readonly tc: Case,
    /** What the proxy calls the script. */
    private readonly id: string,
    /** Reaches the proxy. */
    private readonly client: ContentCreatorClient,
    /** Is in all that the trial makes. */
    private readonly word: string,
  ) {}

  static async prepare(tc: Case): Promise<Trial> {
    const begun = await fetch(`${proxy}/scripts`, { method: 'POST', body: JSON.stringify(tc.script ?? []) });
    const { id } = (await begun.json()) as { id: string };
    const { attempts, within_ms: within, timeout_ms: timeout, key } = tc.with ?? {};
    const client = createClient({
      baseUrl: `${proxy}/s/${id}`,
      apiKey: key ?? inject('apiKey'),
      userAgent: 'trial/1',
      retries: { first: 20, longest: 20, ...(attempts && { attempts }), ...(within && { within }) },
      timeout,
    });
    const trial = new Trial(tc, id, client, `w${randomUUID().replaceAll('-', '')}`);
    await trial.make();
    return trial;
  }

  /** Makes what the action needs. */
  private async make(): Promise<void> {
    const { action, with: { feed, headers = {}, cancel, cancel_job_at: cancelJobAt } = {} } = this.tc;
    const words = new Map([['UNIQUE', this.word]]);
    if (['get_topic', 'update_topic', 'delete_topic'].includes(action)) {
      const { data, response } = await direct.topics.create({ body: this.newTopic(0) });
      this.topic = data.id;
      const changed = await direct.topics.update({ path: { id: data.id }, body: { priority: 2 } });
      words.set('STALE', String(response.headers.get('ETag')));
      words.set('ETAG', ifMatch(changed.response.headers.get('ETag'))['If-Match']);
    }
    if (['list_topics', 'list_topics_by_page', 'events'].includes(action)) {
      for (let n = 0; n < 5; n++) this.own.add((await direct.topics.create({ body: this.newTopic(n) })).data.id);
    }
    for (const [name, value] of Object.entries(headers)) this.headers[name] = words.get(value) ?? value;
    if (feed && action !== 'poll_collection') {
      const { data: job } = await direct.collections.poll({ path: { id: await this.collection() } });
      this.job = job.id;
      if (feed !== 'hanging') await direct.jobs.wait(job.id).catch(() => undefined);
    }
    if (cancel) void this.seen(1).then(() => this.caller.abort(this.reason));
    if (cancelJobAt) void this.seen(cancelJobAt).then(() => direct.jobs.cancel({ path: { job_id: this.job } }));
  }

  /** Lets go of a job that a feed holds up. */
  async end(): Promise<void> {
    if (this.tc.with?.feed === 'hanging') await direct.jobs.cancel({ path: { job_id: this.job }, throwOnError: false });
  }

  private newTopic(n: number): TopicCreate {
    return { title: `Topic ${n} ${this.word}`, domain: this.word, market: 'de', language: 'en' };
  }

  private async collection(): Promise<string> {
    const url = `${proxy}/feeds/${this.tc.with?.feed}.xml?${this.word}`;
    const body = { name: this.word, url, domain: this.word, market: 'de', enabled: false };
    return (await direct.collections.create({ body })).data.id;
  }

  /** The requests that the proxy has seen, once they are as many. */
  private async seen(least: number): Promise<Seen[]> {
    return (await (await fetch(`${proxy}/scripts/${this.id}?least=${least}`)).json()) as Seen[];
  }

  /** Does what the case is about. */
  async act(): Promise<undefined> {
    const { client, headers } = this;
    const { signal } = this.caller;
    const path = { id: this.topic };
    const { reconnects, silence_ms: silence, body } = this.tc.with ?? {};
    const following = { signal, reconnects, silence };
    const page = { domain: this.word, page_size: 2 };
    switch (this.tc.action) {
      case 'get_topic':
        return void (await client.topics.get({ path, headers, signal }));
      case 'get_unknown_topic':
        return void (await client.topics.get({ path: { id: randomUUID() }, headers, signal }));
      case 'create_topic':
        return void (await client.topics.create({ body: { ...this.newTopic(0), ...body }, headers, signal }));
      case 'update_topic':
        return void (await client.topics.update({ path, headers, body: { priority: 9 }, signal }));
      case 'delete_topic':
        return void (await client.topics.delete({ path, headers, signal }));
      case 'create_api_key':
        return void (await client.admin.createApiKey({ body: { name: this.word, scopes: ['read'] }, signal }));
      case 'poll_collection': {
        const { data: job } = await client.collections.poll({ path: { id: await this.collection() }, headers, signal });
        this.job = job.id;
        this.state = job.state;
        return;
      }
      case 'list_topics':
        for await (const topic of all((cursor) => client.topics.list({ query: { ...page, cursor }, signal }))) this.items.push(topic.id);
        return;
      case 'list_topics_by_page':
        for await (const topic of allByPage((number) => client.topics.list({ query: { ...page, page: number }, signal }))) {
          this.items.push(topic.id);
        }
        return;
      case 'wait_job':
      case 'wait_unknown_job': {
        const onEvent = (event: Event): void => {
          this.events.push(event);
          if (this.tc.with?.cancel_at_event) this.caller.abort(this.reason);
        };
        this.state = (await client.jobs.wait(this.job || '999999999', { ...following, onEvent })).state;
        return;
      }
      case 'job_events':
        for await (const event of client.jobs.streamEvents({ path: { job_id: this.job }, ...following })) this.events.push(event);
        return;
      case 'events': {
        const from = { query: { types: ['topic.created' as const] }, headers: { 'Last-Event-ID': '0-1' } };
        for await (const event of client.events.stream({ ...from, ...following })) {
          if (this.own.has(String(event.data['topic_id']))) this.events.push(event);
          if (this.events.length === this.own.size) return;
        }
        return;
      }
      default:
        throw new Error(`there is no action ${this.tc.action}`);
    }
  }

  /** Compares what came of it with what was expected. */
  async check(error: unknown, took: number): Promise<void> {
    const expected = this.tc.expect;
    const seen = await this.seen(0);
    this.checkError(error, seen);
    this.checkRequests(seen);
    if (expected.topics !== undefined) {
      expect((await direct.topics.list({ query: { domain: this.word } })).data.total).toBe(expected.topics);
    }
    if (expected.items !== undefined) {
      expect(this.items).toHaveLength(expected.items);
      expect(new Set(this.items).size).toBe(expected.items);
    }
    if (expected.events) {
      const types = this.events.map((event) => event.type).filter((type) => type !== 'job.progress' && type !== 'job.running');
      expect(types).toEqual(expected.events);
      expect(new Set(this.events.map((event) => event.id)).size).toBe(this.events.length);
    }
    expect(this.state).toBe(expected.job ?? '');
    if (expected.least_ms) expect(took).toBeGreaterThanOrEqual(expected.least_ms);
    if (expected.most_ms) expect(took).toBeLessThanOrEqual(expected.most_ms);
  }

  private checkError(error: unknown, seen: Seen[]): void {
    const { error: expected, cancelled } = this.tc.expect;
    if (cancelled) return expect(error).toBe(this.reason);
    if (!expected) return expect(error).toBeUndefined();
    if (expected.job) {
      expect(error).toBeInstanceOf(JobFailedError);
      return expect((error as JobFailedError).job.state).toBe(expected.job);
    }
    expect(error).toBeInstanceOf(ContentCreatorError);
    const fault = error as ContentCreatorError;
    expect(fault).toMatchObject({ code: expected.code, status: expected.status, attempts: expected.attempts ?? seen.length });
    const { retry_after: wait = 0 } = expected;
    expect([wait, wait - 1, wait - 2]).toContain(Math.ceil(fault.retryAfter ?? 0));
    expect([fault.requestId]).toEqual(seen.at(-1)?.headers['X-Request-Id']);
    expect(Object.keys(fault.details.errors ?? {}).sort()).toEqual(expected.fields ?? []);
  }

  private checkRequests(seen: Seen[]): void {
    const { attempts, requests, same = [], absent = [], queries = {}, resumes = [], replayed = false } = this.tc.expect;
    if (attempts !== undefined) expect(seen).toHaveLength(attempts);
    const shown = ({ method, path }: Seen): string =>
      `${method} ${path.replace('/api/v1', '').replace(/\/([0-9]+|[0-9a-f]{8}-[0-9a-f-]{27})\b/, '/ID')}`;
    if (requests) expect(seen.map(shown)).toEqual(requests);
    for (const name of same) {
      const values = new Set(seen.map(({ headers }) => headers[canonical(name)]?.join()));
      expect([name, values.size, values.has(undefined)]).toEqual([name, 1, false]);
    }
    for (const { headers } of seen) {
      for (const name of absent) expect(headers).not.toHaveProperty(name);
      for (const [name, value] of Object.entries(this.headers)) expect(headers[canonical(name)]).toEqual([value]);
    }
    for (const [name, values] of Object.entries(queries)) {
      const got = seen.map(({ query }) => query[name]?.[0] ?? '');
      expect(got.map((value, n) => (values[n] === '*' && value ? '*' : value))).toEqual(values);
    }
    expect(seen.flatMap(({ headers }, n) => ('Last-Event-Id' in headers ? [n] : []))).toEqual(resumes);
    expect(seen.at(-1)?.replayed).toBe(replayed);
    if (same.length > 0) expect(seen[0]?.headers['User-Agent']?.[0]).toMatch(/^trial\/1 content-creator-/);
  }
}

/** A header's name as the proxy writes it. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
