import { ContentCreatorError } from './errors.js';
import { follow, type FollowOptions, type Source } from './events.js';
import { createClient as createHttpClient, createConfig } from './generated/client/index.js';
import { Api, type Jobs } from './generated/sdk.gen.js';
import type { Event, EventsStreamData, Job, JobsStreamEventsData } from './generated/types.gen.js';
import { waitForJob, type WaitOptions } from './jobs.js';
import { attemptsOf, retrying, withDefaults, type Retries } from './retry.js';

export { ContentCreatorError, JobFailedError, type ClientErrorCode, type ErrorDetails, type ErrorFields } from './errors.js';
export type { FollowOptions } from './events.js';
export type { WaitOptions } from './jobs.js';
export { all, allByPage, type Page } from './pages.js';
export type { Retries } from './retry.js';
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

/** The version of this package and of the specification it was made of. */
export const VERSION = '0.1.0';

/** How a client reaches its server. */
export interface ClientOptions {
  /** Where the server is, e.g. `https://content.example.org`. `/api/v1` is added unless it is there. */
  baseUrl: string;
  /** The key, or what answers it before each attempt, so that keys may change. The health check needs none. */
  apiKey?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** How patiently calls are repeated. */
  retries?: Partial<Retries> | undefined;
  /**
   * Bounds each attempt, its answer's body included, in milliseconds: 30 000 by default. Where `Prefer: wait` asks the
   * server to wait, that much is added. It does not bound streams.
   */
  timeout?: number | undefined;
  /** Your program's name, such as `newsroom/2.1`, to put before the client's own. Browsers send their own name. */
  userAgent?: string | undefined;
  /** What to use instead of the global `fetch`. It is called with a `Request`, once for each attempt. */
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

  /**
   * Wait for a job
   *
   * Waits until the job has finished, and answers it. Throws a `JobFailedError` if it failed or was cancelled. It follows
   * the job's events and, where no stream comes through, asks now and then.
   *
   * @example const job = await client.jobs.wait(id, { onEvent: (event) => console.log(event.type) });
   */
  wait(id: string, options?: WaitOptions & FollowOptions): Promise<Job>;
}

/** The API, by tag. */
export interface ContentCreatorClient extends Readonly<Omit<Api, 'jobs' | 'events'>> {
  readonly jobs: JobsWithStreams;
  readonly events: EventStreams;
}

/** Makes a client. */
export function createClient(options: ClientOptions): ContentCreatorClient {
  const { baseUrl, apiKey, timeout = 30_000, userAgent, fetch } = options;
  const retries = withDefaults(options.retries);
  const key = typeof apiKey === 'function' ? apiKey : () => apiKey;
  const send = retrying({ fetch, key, retries, timeout });
  const http = createHttpClient(
    createConfig({ baseUrl: apiUrl(baseUrl), throwOnError: true, fetch: send as typeof globalThis.fetch }),
  );
  const program = `${userAgent ? `${userAgent} ` : ''}content-creator-ts/${VERSION}`;
  http.interceptors.request.use((request) => name(request, program));
  http.interceptors.response.use((response, request) => {
    if (isStrange(response, request)) throw unexpected(response, request);
    return response;
  });
  http.interceptors.error.use((error, response, request, { throwOnError }) => {
    // Who asked for `{ data, error }` gets the body as the types say.
    if (!response || response.ok || throwOnError === false) return error;
    return ContentCreatorError.from(response, error, sentAs(response, request));
  });

  const open = async (
    request: { url: string; path?: Record<string, unknown>; query?: Record<string, unknown> },
    lastEventId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Response> => {
    const { response } = await http.get<unknown, unknown, true>({
      ...request,
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': lastEventId },
      parseAs: 'stream',
      ...(signal && { signal }),
    });
    return response;
  };

  const api = new Api({ client: http });
  const getJob = async (id: string, signal: AbortSignal | undefined): Promise<Job> => {
    const { data } = await api.jobs.get({ path: { job_id: id }, ...(signal && { signal }) });
    return data;
  };
  const streamEvents: JobsWithStreams['streamEvents'] = ({ path, headers, ...rest }) => {
    const source: Source = {
      open: (lastEventId, signal) => open({ url: '/jobs/{job_id}/events', path }, lastEventId, signal),
      isLast: isEnd,
      isOver: async () => (await getJob(path.job_id, rest.signal)).finished_at !== null,
    };
    return follow(source, headers?.['Last-Event-ID'], rest, retries);
  };
  const stream: EventStreams['stream'] = ({ query, headers, ...rest } = {}) => {
    const source: Source = {
      open: (lastEventId, signal) => open({ url: '/events', ...(query && { query }) }, lastEventId, signal),
      isLast: () => false,
      isOver: () => Promise.resolve(false),
    };
    return follow(source, headers?.['Last-Event-ID'], rest, retries);
  };
  const wait: JobsWithStreams['wait'] = (id, { onEvent, ...rest } = {}) =>
    waitForJob(streamEvents({ path: { job_id: id }, ...rest }), () => getJob(id, rest.signal), { onEvent, signal: rest.signal });

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
    jobs: Object.assign(api.jobs as Omit<Jobs, 'streamEvents'>, { streamEvents, wait }),
    events: { stream },
    admin: api.admin,
  };
}

/**
 * The header that has a change done only if the resource still has this ETag; `TOPIC_CHANGED` and its like otherwise.
 * Throws a `TypeError` without one, so that no change goes out unprotected.
 *
 * @example client.topics.update({ path, headers: ifMatch(response.headers.get('ETag')), body });
 */
export function ifMatch(etag: string | null): { 'If-Match': string } {
  if (!etag) throw new TypeError('There is no ETag to compare with.');
  return { 'If-Match': etag };
}

/** Gives a request what it keeps in all its attempts. */
function name(request: Request, program: string): Request {
  const { headers, method, url } = request;
  const missing = (header: string): boolean => !headers.has(header);
  if (missing('X-Request-Id')) headers.set('X-Request-Id', randomId());
  // Those that make secrets take no key.
  const secret = /\/(admin\/api-keys|admin\/sign-in|feed-token)$/.test(new URL(url).pathname);
  if (method === 'POST' && !secret && missing('Idempotency-Key')) headers.set('Idempotency-Key', randomId());
  // In a page it would need the server's leave, and most browsers ignore it.
  if (!('document' in globalThis || 'WorkerGlobalScope' in globalThis) && missing('User-Agent')) headers.set('User-Agent', program);
  return request;
}

/** 128 random bits. randomUUID is not there in pages without TLS. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether a success is none of this API: a page, such as a captive portal's, where no draft was exported. */
function isStrange(response: Response, request: Request): boolean {
  const isPage = response.headers.get('Content-Type')?.startsWith('text/html') === true;
  return response.ok && isPage && !new URL(request.url).pathname.endsWith('/export');
}

function unexpected(response: Response, request: Request): ContentCreatorError {
  const { requestId, attempts } = sentAs(response, request);
  return new ContentCreatorError(`The server answered ${response.status}, but nothing of this API.`, {
    code: 'UNEXPECTED_ANSWER',
    status: response.status,
    requestId: response.headers.get('X-Request-Id') ?? requestId,
    attempts,
  });
}

function sentAs(response: Response, request: Request | undefined): { requestId: string | undefined; attempts: number | undefined } {
  return { requestId: request?.headers.get('X-Request-Id') ?? undefined, attempts: attemptsOf.get(response) };
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
