import { ContentCreatorError, retryAfter } from './errors.js';

/** How patiently a call is repeated; times are in milliseconds. */
export interface Retries {
  /** How many times a request is sent at most: 4 by default, 1 for no retries. */
  attempts: number;
  /** Bounds all attempts and waits together: 120 000 by default. A wait that would end later is not begun. */
  within: number;
  /** Bounds the first wait: 250 by default. A wait is a random part of its bound, which doubles each time. */
  first: number;
  /** Bounds every wait that the server does not ask for: 10 000 by default. */
  longest: number;
}

export const RETRIES: Readonly<Retries> = { attempts: 4, within: 120_000, first: 250, longest: 10_000 };

/** The longest that a timer runs; beyond that it would end at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Fills in what is not told. */
export function withDefaults(retries: { [Key in keyof Retries]?: Retries[Key] | undefined } = {}): Retries {
  return {
    attempts: retries.attempts ?? RETRIES.attempts,
    within: retries.within ?? RETRIES.within,
    first: retries.first ?? RETRIES.first,
    longest: retries.longest ?? RETRIES.longest,
  };
}

/** How requests are sent. */
export interface Sending {
  /** What sends; the global one of the moment unless told otherwise. */
  fetch: typeof globalThis.fetch | undefined;
  /** Answers the key, before each attempt. */
  key: () => string | undefined | Promise<string | undefined>;
  retries: Readonly<Retries>;
  /** Bounds each attempt, in milliseconds. */
  timeout: number;
}

/** How many times the request was sent that got an answer. */
export const attemptsOf = new WeakMap<Response, number>();

/**
 * Makes a `fetch` that sends a request as often as its retries allow. The body of an answer has been received, that of
 * an event stream aside. Throws a `ContentCreatorError` if no answer came, and what the request's signal gives as its
 * reason if that ends the call.
 */
export function retrying(sending: Sending): (request: Request) => Promise<Response> {
  const { attempts, within } = sending.retries;
  return async (request) => {
    const began = performance.now();
    for (let attempt = 1; ; attempt++) {
      const outcome = await send(request, attempt, sending);
      if (outcome instanceof Response && outcome.ok) return outcome;
      request.signal.throwIfAborted();
      const asked = outcome instanceof Response ? retryAfter(outcome.headers) : undefined;
      const wait = backOff(attempt, sending.retries, asked);
      const late = performance.now() - began + wait > within;
      if (attempt >= attempts || late || !(await again(request, outcome, attempt))) {
        if (outcome instanceof Response) return outcome;
        throw outcome;
      }
      await delay(wait, request.signal);
      request.signal.throwIfAborted();
    }
  };
}

/** Sends a request once. */
async function send(request: Request, attempt: number, sending: Sending): Promise<Response | ContentCreatorError> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(request.signal.reason);
  request.signal.addEventListener('abort', abort);
  if (request.signal.aborted) abort();
  const timedOut = new DOMException('The attempt took longer than its time-out.', 'TimeoutError');
  const timer = setTimeout(() => controller.abort(timedOut), Math.min(sending.timeout + preferred(request), LONGEST_TIMER));
  let streams = false;
  try {
    const sent = new Request(request.clone(), { signal: controller.signal });
    const key = await sending.key();
    if (key && !sent.headers.has('Authorization')) sent.headers.set('Authorization', `Bearer ${key}`);
    // As a function of its own: a browser's fetch must not be called as a method.
    const fetch = sending.fetch ?? globalThis.fetch;
    const response = await fetch(sent);
    attemptsOf.set(response, attempt);
    streams = response.ok && request.headers.get('Accept') === 'text/event-stream';
    if (!streams) await receive(response.clone());
    return response;
  } catch (error) {
    const late = controller.signal.reason === timedOut;
    return new ContentCreatorError(late ? 'The server did not answer in time.' : `No whole answer came: ${because(error)}.`, {
      code: late ? 'TIMED_OUT' : 'CONNECTION_FAILED',
      status: 0,
      requestId: request.headers.get('X-Request-Id') ?? undefined,
      attempts: attempt,
      cause: late ? timedOut : error,
    });
  } finally {
    clearTimeout(timer);
    // A stream ends with the signal also later.
    if (!streams) request.signal.removeEventListener('abort', abort);
  }
}

/** Reads an answer to its end. One that is cut off is a fault, also where `fetch` takes it for whole, as Node 20 does. */
async function receive(response: Response): Promise<void> {
  const text = await response.text();
  if (response.ok && /^application\/json\b/i.test(response.headers.get('Content-Type') ?? '')) JSON.parse(text);
}

/** Why there was no answer. What `fetch` throws says that it failed, and what it was made of says why. */
function because(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** For how long the server is asked to wait for a job, in milliseconds; it does so for 60 seconds at most. */
function preferred(request: Request): number {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(request.headers.get('Prefer') ?? '');
  return Math.min(Number(wait?.[1] ?? 0), 60) * 1000;
}

/**
 * Whether a request may be sent again. With If-Match only after answers that say that nothing was done: a change whose
 * answer was lost would look like somebody else's. A POST without a key only where it was refused for being one of too
 * many. A key that is in use is so by the attempt before, whose answer is awaited.
 */
async function again(request: Request, outcome: Response | ContentCreatorError, attempt: number): Promise<boolean> {
  const { status } = outcome;
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) return status === 429;
  if (request.headers.has('If-Match')) return status === 429 || status === 503;
  if (outcome instanceof Response && status === 409 && attempt > 1) {
    return (await outcome.clone().text()).includes('"IDEMPOTENCY_KEY_IN_USE"');
  }
  return passes(status);
}

/** Whether a fault of this status may be gone later; 0 is no answer. */
export function passes(status: number): boolean {
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
}

/** How many milliseconds to wait after an attempt: what the server asks for, in seconds, or a random part of a bound that doubles. */
export function backOff(attempt: number, { first, longest }: Pick<Retries, 'first' | 'longest'>, asked?: number): number {
  return asked ? asked * 1000 : Math.random() * Math.min(longest, first * 2 ** (attempt - 1));
}

/** Waits, but not beyond the signal. */
export function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(milliseconds, LONGEST_TIMER));
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}
