import { ContentCreatorError, retryAfterOf } from './errors.js';

/** How patiently a call is repeated. */
export interface Retries {
  /** How many times a request is sent at most: 4 by default, 1 for no retries. */
  attempts?: number | undefined;
  /** Bounds all attempts and waits together, in milliseconds: two minutes by default. A wait that would end later is not begun. */
  within?: number | undefined;
  /** Bounds the first wait, in milliseconds: 250 by default. The bound doubles each time, and a wait is a random part of it. */
  first?: number | undefined;
  /** Bounds every wait that the server does not ask for, in milliseconds: 10,000 by default. */
  longest?: number | undefined;
}

/** What patient needs. */
export interface Transport {
  /** What sends one request. */
  send: (request: Request) => Promise<Response>;
  /** Asked for the key before each attempt, so that keys may change. */
  key: () => string | undefined | Promise<string | undefined>;
  /** Bounds each attempt, its answer's body included, in milliseconds. It does not bound streams. */
  timeout: number;
  retries: Retries;
  userAgent: string;
}

/** How many times the request of an answer was sent. */
export const attemptsOf = new WeakMap<Response, number>();

/** Completes the retries that somebody has set. */
export function completed(retries: Retries = {}): Required<{ [name in keyof Retries]: number }> {
  return {
    attempts: retries.attempts ?? 4,
    within: retries.within ?? 120_000,
    first: retries.first ?? 250,
    longest: retries.longest ?? 10_000,
  };
}

/**
 * Sends requests as often as the retries allow. The body of an answer has been read, that of an event stream aside.
 * Where no whole answer came it throws a `ContentCreatorError`; where the caller's signal ended it, the signal's reason.
 */
export function patient({ send, key, timeout, retries, userAgent }: Transport): (request: Request) => Promise<Response> {
  const { attempts, within, first, longest } = completed(retries);
  return async (request) => {
    const id = request.headers.get('X-Request-Id') ?? randomId();
    request.headers.set('X-Request-Id', id);
    // The operations that answer API keys take none.
    if (request.method === 'POST' && !request.headers.has('Idempotency-Key') && !/\/admin\/(api-keys|sign-in)$/.test(new URL(request.url).pathname)) {
      request.headers.set('Idempotency-Key', randomId());
    }
    // A browser sends its own.
    if (typeof document === 'undefined') request.headers.set('User-Agent', userAgent);

    const began = Date.now();
    for (let attempt = 1; ; attempt++) {
      const result = await once(request, id, send, key, timeout);
      request.signal.throwIfAborted();
      const failed = result instanceof ContentCreatorError;
      if (failed) result.attempts = attempt;
      else attemptsOf.set(result, attempt);
      const status = failed ? 0 : result.status;
      const asked = failed ? undefined : retryAfterOf(result.headers);
      const wait = asked ? asked * 1000 : Math.random() * Math.min(longest, first * 2 ** (attempt - 1));
      if (attempt >= attempts || !again(request, status) || Date.now() - began + wait > within) {
        if (failed) throw result;
        return result;
      }
      await delay(wait, request.signal);
      request.signal.throwIfAborted();
    }
  };
}

/** Sends a request once, and reads the whole answer. */
async function once(
  request: Request,
  id: string,
  send: Transport['send'],
  key: Transport['key'],
  timeout: number,
): Promise<Response | ContentCreatorError> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(request.signal.reason);
  request.signal.addEventListener('abort', abort);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeout + preferred(request));
  const release = (): void => {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', abort);
  };
  try {
    request.signal.throwIfAborted();
    const token = await key();
    const sent = new Request(request.clone(), { signal: controller.signal });
    if (token) sent.headers.set('Authorization', `Bearer ${token}`);
    const response = await send(sent);
    if (response.ok && request.headers.get('Accept') === 'text/event-stream') {
      // It lives on; only the caller's signal still ends it.
      clearTimeout(timer);
      return response;
    }
    const body = await response.arrayBuffer();
    release();
    // These statuses have no body, and an answer must not be given one.
    const bare = response.status === 204 || response.status === 304;
    return new Response(bare ? null : body, response);
  } catch (cause) {
    release();
    return timedOut
      ? unanswered('TIMED_OUT', 'The server did not answer in time.', id, cause)
      : unanswered('CONNECTION_FAILED', `No whole answer came: ${reasonOf(cause)}.`, id, cause);
  }
}

function unanswered(code: 'TIMED_OUT' | 'CONNECTION_FAILED', message: string, id: string, cause: unknown): ContentCreatorError {
  return new ContentCreatorError(message, code, 0, {}, id, undefined, { cause });
}

/** What went wrong, where a runtime hides it in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** How long the server is asked to wait for a job, in milliseconds. */
function preferred(request: Request): number {
  return Number(/^wait=(\d+)$/.exec(request.headers.get('Prefer') ?? '')?.[1] ?? 0) * 1000;
}

/**
 * Whether a request may be sent again. With If-Match only after answers that say that nothing was done: a change whose
 * answer was lost would look like somebody else's. A POST without a key only where it was refused for being one of too many.
 */
function again(request: Request, status: number): boolean {
  if (request.method === 'POST' && !request.headers.has('Idempotency-Key')) return status === 429;
  if (request.headers.has('If-Match')) return status === 429 || status === 503;
  return status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
}

function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Waits, but not beyond the signal. */
export function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
    if (signal?.aborted) done();
  });
}
