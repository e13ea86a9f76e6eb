import { ContentCreatorError } from './errors.js';
import { follow, type FollowOptions } from './events.js';
import { wait, type WaitOptions } from './jobs.js';
import { attemptsOf, patient, type Retries } from './transport.js';
import { createClient as createHttpClient, createConfig } from './generated/client/index.js';
import { Api, type Jobs } from './generated/sdk.gen.js';
import type { Event, EventsStreamData, Job, JobsStreamEventsData } from './generated/types.gen.js';

export { ContentCreatorError, type ClientErrorCode, type ErrorDetails } from './errors.js';
export type { FollowOptions } from './events.js';
export { JobFailedError, type WaitOptions } from './jobs.js';
export { all } from './lists.js';
export type { Retries } from './transport.js';
export type {
  Admin,
  Collections,
  Costs,
  Documents,
  Hosts,
  Keywords,
  Research,
  Searches,
  Stories,
  Topics,
} from './generated/sdk.gen.js';
export * from './generated/types.gen.js';

/** How a client reaches its server. */
export interface ClientOptions {
  /** Where the server is, e.g. `https://content.example.org`. `/api/v1` is added unless it is there. */
  baseUrl: string;
  /** The key, or what answers it before each attempt. The health check needs none. */
  apiKey?: string | (() => string | Promise<string>) | undefined;
  /** What to use instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How patiently calls are repeated. */
  retries?: Retries | undefined;
  /**
   * Bounds each attempt, its answer's body included, in milliseconds: 30,000 by default. Where `Prefer: wait` asks the
   * server to wait, that much is added. It does not bound streams.
   */
  timeout?: number | undefined;
  /** Your program's name, such as `newsroom/2.1`, put before the client's own; browsers send their own instead. */
  userAgent?: string | undefined;
}

/** The version of this package and of the specification it was made of. */
export const VERSION = '0.1.0';

/** Live events of everything. */
export interface EventStreams {
  /**
   * Follow everything
   *
   * All events as they happen, from now on or, with `Last-Event-ID`, from where an earlier stream ended. A broken
   * line is mended without losing an event. Throws a `ContentCreatorError` if the server refuses.
   *
   * @example for await (const event of client.events.stream({ signal })) console.log(event.type);
   */
  stream(options?: Pick<EventsStreamData, 'query' | 'headers'> & FollowOptions): AsyncGenerator<Event, void, undefined>;
}

/** Background work, and its live events. */
export interface JobsWithStreams extends Omit<Jobs, 'streamEvents'> {
  /**
   * Follow a job
   *
   * The job's events: first all so far, then live. It ends once the job has finished. A broken line is mended without
   * losing an event. Throws a `ContentCreatorError` if the server refuses.
   *
   * @example for await (const event of client.jobs.streamEvents({ path: { job_id: job.id } })) console.log(event.type);
   */
  streamEvents(
    options: Pick<JobsStreamEventsData, 'path' | 'headers'> & FollowOptions,
  ): AsyncGenerator<Event, void, undefined>;

  /**
   * Wait for a job
   *
   * Waits until the job has finished, and answers it; throws a `JobFailedError` if it failed or was cancelled. It follows
   * the job's events and, where no stream comes through, asks now and then.
   *
   * @example const job = await client.jobs.wait(queued.id, { onEvent: (event) => console.log(event.type) });
   */
  wait(id: string, options?: WaitOptions): Promise<Job>;
}

/** The API, by tag. */
export interface ContentCreatorClient extends Readonly<Omit<Api, 'jobs' | 'events'>> {
  readonly jobs: JobsWithStreams;
  readonly events: EventStreams;
}

/** Makes a client. */
export function createClient({ baseUrl, apiKey, fetch, retries, timeout, userAgent }: ClientOptions): ContentCreatorClient {
  const send = patient({
    send: (request) => (fetch ?? globalThis.fetch)(request),
    key: () => (typeof apiKey === 'function' ? apiKey() : apiKey),
    timeout: timeout ?? 30_000,
    retries: retries ?? {},
    userAgent: [userAgent, `content-creator-ts/${VERSION}`].filter(Boolean).join(' '),
  });
  const http = createHttpClient(
    createConfig({ baseUrl: apiUrl(baseUrl), throwOnError: true, fetch: (request) => send(request as Request) }),
  );
  http.interceptors.error.use((error, response, request, options) => {
    // Who asked for `{ data, error }` gets the body as the types say.
    if (!response || response.ok || options.throwOnError === false) return error;
    const told = ContentCreatorError.from(response, error, request?.headers.get('X-Request-Id') ?? undefined);
    told.attempts = attemptsOf.get(response) ?? 1;
    return told;
  });

  const open = async (
    request: { url: string; path?: Record<string, unknown>; query?: Record<string, unknown> },
    lastEventId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadableStream<Uint8Array>> => {
    const { data } = await http.get<ReadableStream<Uint8Array>, unknown, true>({
      ...request,
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': lastEventId },
      parseAs: 'stream',
      ...(signal && { signal }),
    });
    return data as ReadableStream<Uint8Array>;
  };

  const api = new Api({ client: http });
  const jobs = Object.assign(api.jobs as Omit<Jobs, 'streamEvents'>, {
    streamEvents: ({ path, headers, ...options }: Parameters<JobsWithStreams['streamEvents']>[0]) =>
      follow(
        {
          open: (lastEventId, signal) => open({ url: '/jobs/{job_id}/events', path }, lastEventId, signal),
          async isOver(last) {
            if (last) return isEnd(last);
            // There was nothing left to tell.
            const { data: job } = await api.jobs.get({ path, ...(options.signal && { signal: options.signal }) });
            return job.finished_at !== null;
          },
        },
        headers?.['Last-Event-ID'],
        options,
      ),
    wait: (id: string, options: WaitOptions = {}) =>
      wait(
        {
          events: (signal) => jobs.streamEvents({ path: { job_id: id }, signal }),
          get: async (signal) => (await api.jobs.get({ path: { job_id: id }, ...(signal && { signal }) })).data,
        },
        options,
      ),
  });
  return {
    topics: api.topics,
    collections: api.collections,
    hosts: api.hosts,
    documents: api.documents,
    keywords: api.keywords,
    stories: api.stories,
    searches: api.searches,
    research: api.research,
    costs: api.costs,
    jobs,
    events: {
      stream: ({ query, headers, ...options } = {}) =>
        follow(
          {
            open: (lastEventId, signal) => open({ url: '/events', ...(query && { query }) }, lastEventId, signal),
            isOver: () => Promise.resolve(false),
          },
          headers?.['Last-Event-ID'],
          options,
        ),
    },
    admin: api.admin,
  };
}

/** Whether an event says that its job has finished. */
function isEnd(event: Event): boolean {
  return event.type === 'job.succeeded' || event.type === 'job.failed' || event.type === 'job.cancelled';
}

/** The address at which the operations begin. */
function apiUrl(baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return base.endsWith('/api/v1') ? base : `${base}/api/v1`;
}
