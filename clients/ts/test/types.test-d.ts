import { describe, expectTypeOf, test } from 'vitest';
import {
  all,
  allByPage,
  ContentCreatorError,
  createClient,
  JobFailedError,
  type ErrorBody,
  type ErrorCode,
  type Event,
  type Job,
  type JobError,
  type Scope,
  type Topic,
  type TopicIntent,
  TopicSort,
  type TopicSummary,
  type TopicUpdate,
} from '@content-creator/client';

const client = createClient({ baseUrl: '' });

describe('errors', () => {
  test('narrow by code', () => {
    const error: unknown = undefined;
    if (ContentCreatorError.is(error, 'TOPIC_NOT_FOUND', 'RATE_LIMITED')) {
      expectTypeOf(error.code).toEqualTypeOf<'TOPIC_NOT_FOUND' | 'RATE_LIMITED'>();
      expectTypeOf(error.retryAfter).toEqualTypeOf<number | undefined>();
    }
    if (error instanceof ContentCreatorError) expectTypeOf(error.status).toEqualTypeOf<number>();
    if (ContentCreatorError.is(error)) {
      expectTypeOf<ErrorCode>().toExtend<typeof error.code>();
      expectTypeOf(error.details.errors).toEqualTypeOf<Record<string, string> | undefined>();
      expectTypeOf(error.details.existing_id).toEqualTypeOf<string | undefined>();
      expectTypeOf(error.details.required_scope).toEqualTypeOf<Scope | undefined>();
    }
    // @ts-expect-error there is no such code
    ContentCreatorError.is(error, 'TOPIC_LOST');
  });

  test('are values where they are asked for', async () => {
    const { data, error } = await client.topics.get({ path: { id: '' }, throwOnError: false });
    if (error) expectTypeOf(error).toEqualTypeOf<ErrorBody>();
    else expectTypeOf(data).toEqualTypeOf<Topic>();
  });
});

describe('fields', () => {
  test('that may be null say so, and no others', () => {
    expectTypeOf<Topic['description']>().toEqualTypeOf<string | null>();
    expectTypeOf<Topic['intent']>().toEqualTypeOf<TopicIntent | null>();
    expectTypeOf<null>().not.toExtend<TopicIntent>();
    expectTypeOf<Topic['title']>().toEqualTypeOf<string>();
    expectTypeOf<Job['error']>().toEqualTypeOf<JobError | null>();
    expectTypeOf<TopicUpdate['description']>().toEqualTypeOf<string | null | undefined>();
    expectTypeOf<TopicUpdate['title']>().toEqualTypeOf<string | undefined>();
  });

  test('with values from a list take no others', () => {
    expectTypeOf<Topic['status']>().toEqualTypeOf<
      'discovered' | 'validated' | 'researched' | 'drafted' | 'published' | 'archived'
    >();
    expectTypeOf(TopicSort.PRIORITY_DESC).toEqualTypeOf<'-priority'>();
    // @ts-expect-error there is no such order
    void client.topics.list({ query: { sort: 'colour' } });
    // @ts-expect-error there is no such field
    void client.topics.update({ path: { id: '' }, body: { colour: 'red' } });
    // @ts-expect-error a title is required
    void client.topics.create({ body: { domain: '', market: '', language: '' } });
  });
});

describe('answers', () => {
  test('have the type of their operation', async () => {
    const { data, response } = await client.topics.list();
    expectTypeOf(data.items).toEqualTypeOf<TopicSummary[]>();
    expectTypeOf(data.next_cursor).toEqualTypeOf<string | null>();
    expectTypeOf(response).toEqualTypeOf<Response>();
    expectTypeOf((await client.collections.poll({ path: { id: '' } })).data).toEqualTypeOf<Job>();
    expectTypeOf((await client.admin.getMetrics()).data).toEqualTypeOf<string>();
  });

  test('of lists are items', () => {
    const topics = all((cursor) => client.topics.list({ query: { cursor } }));
    expectTypeOf(topics).toEqualTypeOf<AsyncGenerator<TopicSummary, void, undefined>>();
    expectTypeOf(allByPage((page) => client.jobs.list({ query: { page } }))).toEqualTypeOf<AsyncGenerator<Job, void, undefined>>();
    // @ts-expect-error an answer that may be an error is no page
    all((cursor) => client.topics.list({ query: { cursor }, throwOnError: false }));
    // @ts-expect-error keywords have no pages
    all(() => client.keywords.list());
  });

  test('of jobs are jobs', async () => {
    expectTypeOf(await client.jobs.wait('')).toEqualTypeOf<Job>();
    const error: unknown = undefined;
    if (error instanceof JobFailedError) expectTypeOf(error.job).toEqualTypeOf<Job>();
  });

  test('of streams are events', () => {
    expectTypeOf(client.events.stream()).toEqualTypeOf<AsyncGenerator<Event, void, undefined>>();
    expectTypeOf(client.jobs.streamEvents).parameter(0).toHaveProperty('path').toEqualTypeOf<{ job_id: string }>();
    // @ts-expect-error it must say which job
    client.jobs.streamEvents({});
  });
});
