import { ContentCreatorError, JobFailedError } from './errors.js';
import type { Event, Job } from './generated/types.gen.js';
import { backOff, delay } from './retry.js';

/** How a job is waited for. */
export interface WaitOptions {
  /** Told each event of the job, from its first. */
  onEvent?: ((event: Event) => void) | undefined;
  /** Ends the wait, which then throws the signal's reason. The job goes on. */
  signal?: AbortSignal | undefined;
}

/** Between two questions where no stream comes through, in milliseconds. */
const ASKING = { first: 1000, longest: 5000 };

/** Follows a job's events and, where no stream comes through, asks now and then. */
export async function waitForJob(
  events: AsyncIterable<Event>,
  get: () => Promise<Job>,
  { onEvent, signal }: WaitOptions,
): Promise<Job> {
  try {
    for await (const event of events) onEvent?.(event);
  } catch (error) {
    // The job itself tells whether it is there.
    if (!ContentCreatorError.is(error)) throw error;
  }
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const job = await get();
    if (job.state === 'succeeded') return job;
    if (job.state === 'failed' || job.state === 'cancelled') throw new JobFailedError(job);
    await delay(backOff(attempt, ASKING), signal);
  }
}
