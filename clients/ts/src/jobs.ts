import { ContentCreatorError } from './errors.js';
import type { Event, Job } from './generated/types.gen.js';
import { delay } from './transport.js';

/** A job that did not succeed. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';

  constructor(
    /** All that is known of it. */
    readonly job: Job,
  ) {
    super(`Job ${job.id} ${job.state}${job.state === 'failed' && job.error ? `: ${job.error.message}` : ''}`);
  }
}

/** How a job is waited for. */
export interface WaitOptions {
  /** Ends the waiting, not the job: its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** Told each event of the job, its progress among them. */
  onEvent?: ((event: Event) => void) | undefined;
}

/** Where a job is asked for. */
export interface JobSource {
  events(signal: AbortSignal | undefined): AsyncIterable<Event>;
  get(signal: AbortSignal | undefined): Promise<Job>;
}

/**
 * Waits until a job has finished, and answers it; throws a `JobFailedError` if it failed or was cancelled. It follows the
 * job's events and, where no stream comes through, asks now and then.
 */
export async function wait(source: JobSource, { signal, onEvent }: WaitOptions): Promise<Job> {
  try {
    for await (const event of source.events(signal)) onEvent?.(event);
  } catch (error) {
    // The job itself tells whether it is there.
    if (!(error instanceof ContentCreatorError)) throw error;
  }
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const job = await source.get(signal);
    if (job.state === 'succeeded') return job;
    if (job.state === 'failed' || job.state === 'cancelled') throw new JobFailedError(job);
    await delay(Math.random() * Math.min(5000, 1000 * 2 ** attempt), signal);
  }
}
