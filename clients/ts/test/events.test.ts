import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Event } from '@content-creator/client';
import { connect, createFeed, failure, serve, topic, unique } from './helpers.js';

const client = connect();

/** A signal that ends a test's stream with the test. */
function untilTheEnd(): AbortSignal {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  return controller.signal;
}

/** What resolves when the line stands. */
function opening(): { opened: Promise<void>; onOpen: () => void } {
  let onOpen = (): void => undefined;
  const opened = new Promise<void>((resolve) => (onOpen = resolve));
  return { opened, onOpen };
}

/** The next event of a stream that is about this topic. */
async function eventOf(stream: AsyncGenerator<Event>, topicId: string): Promise<Event> {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error('the stream ended');
    if (value.data['topic_id'] === topicId) return value;
  }
}

describe('a job’s events', () => {
  test('come from the first to the last', async () => {
    const id = await createFeed(client, unique());
    const { data: job, response } = await client.collections.poll({ path: { id } });
    expect(response.status).toBe(202);
    expect(response.headers.get('Location')).toBe(`/api/v1/jobs/${job.id}`);
    const events: Event[] = [];
    for await (const event of client.jobs.streamEvents({ path: { job_id: job.id } })) events.push(event);
    expect(events[0]?.type).toBe('job.queued');
    expect(events.at(-1)?.type).toBe('job.succeeded');
    expect(events.every((event) => event.data['job_id'] === job.id)).toBe(true);

    // From the middle, and from the end.
    const resume = async (after: Event | undefined): Promise<string[]> => {
      const headers = { 'Last-Event-ID': String(after?.id) };
      const rest: string[] = [];
      for await (const event of client.jobs.streamEvents({ path: { job_id: job.id }, headers })) rest.push(event.id);
      return rest;
    };
    expect(await resume(events[0])).toEqual(events.slice(1).map((event) => event.id));
    expect(await resume(events.at(-1))).toEqual([]);
  });

  test('of no job are an error', async () => {
    const stream = client.jobs.streamEvents({ path: { job_id: '999999999' } });
    expect(await failure(stream.next())).toMatchObject({ status: 404, code: 'JOB_NOT_FOUND' });
  });
});

describe('all events', () => {
  test('come live, once the line stands', async () => {
    const { opened, onOpen } = opening();
    const stream = client.events.stream({ query: { types: ['topic.created'] }, signal: untilTheEnd(), onOpen });
    const first = stream.next();
    await opened;
    const { data: made } = await client.topics.create({ body: topic() });
    const { value } = await first;
    const event = value?.data['topic_id'] === made.id ? value : await eventOf(stream, made.id);
    expect(event).toMatchObject({ type: 'topic.created', data: { topic_id: made.id } });
  });

  test('need a key', async () => {
    const stream = connect({ apiKey: 'wrong' }).events.stream();
    expect(await failure(stream.next())).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
  });

  test('end when they are told to', async () => {
    const controller = new AbortController();
    const events: Event[] = [];
    const stream = client.events.stream({ signal: controller.signal, query: { types: ['feed.recovered'] }, onOpen: () => controller.abort() });
    for await (const event of stream) events.push(event);
    expect(events).toEqual([]);
    expect(await client.events.stream({ signal: AbortSignal.abort() }).next()).toEqual({ done: true, value: undefined });
  });

  test('go on without a gap after the line has broken', async () => {
    const line = await proxy();
    const requests: Request[] = [];
    const { opened, onOpen } = opening();
    const stream = connect({
      baseUrl: line.url,
      fetch: (input, init) => {
        const request = new Request(input, init);
        requests.push(request);
        return fetch(request);
      },
    }).events.stream({ query: { types: ['topic.created', 'topic.deleted'] }, signal: untilTheEnd(), onOpen });
    const first = stream.next();
    await opened;

    const { data: one } = await client.topics.create({ body: topic() });
    const { value } = await first;
    const seen = value?.data['topic_id'] === one.id ? value : await eventOf(stream, one.id);
    line.cut();
    const { data: two } = await client.topics.create({ body: topic() });
    const next = await eventOf(stream, two.id);
    expect(next.type).toBe('topic.created');
    expect(requests.length).toBeGreaterThan(1);
    expect(requests.every((request) => request.headers.get('Accept') === 'text/event-stream')).toBe(true);
    expect(requests[0]?.headers.get('Last-Event-ID')).toBeNull();
    expect(requests[1]?.headers.get('Last-Event-ID')).toMatch(/^\d+-\d+$/);
    expect(Number(requests[1]?.headers.get('Last-Event-ID')?.split('-')[0])).toBeGreaterThanOrEqual(Number(seen?.id.split('-')[0]));
  });

  test('are an error once the server stays away', async () => {
    let requests = 0;
    const baseUrl = await serve((_request, response) => {
      if (++requests > 1) response.writeHead(503).end();
      // Line breaks of every kind, an event in two pieces, a comment and one event cut off.
      else response.writeHead(200).end(': hi\r\ndata: {"id":"1-1",\rdata: "type":"topic.created"}\r\n\r\ndata: {"id"');
    });
    const stream = connect({ baseUrl, retries: { attempts: 1 } }).events.stream({ reconnects: 1 });
    expect((await stream.next()).value).toEqual({ id: '1-1', type: 'topic.created' });
    expect(await failure(stream.next())).toMatchObject({ status: 503 });
    expect(requests).toBe(2);
  });
});

/** A line to the server that can be cut. */
async function proxy(): Promise<{ url: string; cut: () => void }> {
  const { hostname, port } = new URL(inject('serverUrl'));
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(Number(port), hostname);
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  }).listen(0, '127.0.0.1');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, cut };
}
