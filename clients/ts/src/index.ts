import { follow, type FollowOptions, type Source } from './events.js';
import { Api, type Jobs } from './generated/sdk.gen.js';
import type { Event, EventsStreamData, Job, JobsStreamEventsData } from './generated/types.gen.js';
import { createHttpClient, type ClientOptions } from './http.js';
import { waitForJob, type WaitOptions } from './jobs.js';
import { withDefaults } from './retry.js';

export { ContentCreatorError, JobFailedError, type ClientErrorCode, type ErrorDetails, type ErrorFields } from './errors.js';
export type { FollowOptions } from './events.js';
export { VERSION, type ClientOptions } from './http.js';
export type { WaitOptions } from './jobs.js';
export { all, allByPage, type Page } from './pages.js';
export type { Retries } from './retry.js';
export { verifyWebhook, WebhookError, type WebhookHeaders, type WebhookMessage, type WebhookOptions } from './webhooks.js';
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
  Webhooks,
} from './generated/sdk.gen.js';
export * from './generated/types.gen.js';

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
  const retries = withDefaults(options.retries);
  const http = createHttpClient(options, retries);
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
    webhooks: api.webhooks,
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

/** Whether an event says that its job has finished. */
function isEnd(event: Event): boolean {
  return event.type === 'job.succeeded' || event.type === 'job.failed' || event.type === 'job.cancelled';
}
