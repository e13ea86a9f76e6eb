import { ContentCreatorError } from './errors.js';
import { follow, type FollowOptions } from './events.js';
import { createClient as createHttpClient, createConfig } from './generated/client/index.js';
import { Api, type Jobs } from './generated/sdk.gen.js';
import type { Event, EventsStreamData, JobsStreamEventsData } from './generated/types.gen.js';

export { ContentCreatorError, type ClientErrorCode, type ErrorDetails } from './errors.js';
export type { FollowOptions } from './events.js';
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
  /** The key, or what answers it before each request. The health check needs none. */
  apiKey?: string | (() => string | Promise<string>) | undefined;
  /** What to use instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

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
}

/** The API, by tag. */
export interface ContentCreatorClient extends Readonly<Omit<Api, 'jobs' | 'events'>> {
  readonly jobs: JobsWithStreams;
  readonly events: EventStreams;
}

/** Makes a client. */
export function createClient({ baseUrl, apiKey, fetch }: ClientOptions): ContentCreatorClient {
  const http = createHttpClient(
    createConfig({
      auth: () => (typeof apiKey === 'function' ? apiKey() : apiKey),
      baseUrl: apiUrl(baseUrl),
      throwOnError: true,
      ...(fetch && { fetch }),
    }),
  );
  http.interceptors.error.use((error, response, _request, options) =>
    // Who asked for `{ data, error }` gets the body as the types say.
    !response || response.ok || options.throwOnError === false ? error : ContentCreatorError.from(response, error),
  );

  const open = async (
    request: { url: string; path?: Record<string, unknown>; query?: Record<string, unknown> },
    lastEventId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ReadableStream<Uint8Array>> => {
    const { data } = await http.get<ReadableStream<Uint8Array>, unknown, true>({
      ...request,
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': lastEventId },
      parseAs: 'stream',
      security: [{ scheme: 'bearer', type: 'http' }],
      ...(signal && { signal }),
    });
    return data as ReadableStream<Uint8Array>;
  };

  const api = new Api({ client: http });
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
    jobs: Object.assign(api.jobs as Omit<Jobs, 'streamEvents'>, {
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
    }),
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
