import { ContentCreatorError } from './errors.js';
import type { Event } from './generated/types.gen.js';
import { backOff, delay, passes, RETRIES, type Retries } from './retry.js';

/** How a stream is followed. */
export interface FollowOptions {
  /** Ends the stream, without an error. */
  signal?: AbortSignal | undefined;
  /** How many times in a row to connect again in vain after the line has broken; 10 unless told otherwise. */
  reconnects?: number | undefined;
  /** After how many milliseconds of silence the line counts as broken; 45 000, three times as long as a server is ever silent, unless told otherwise. */
  silence?: number | undefined;
  /** Called whenever the line stands: what happens from then on is not missed. */
  onOpen?: (() => void) | undefined;
}

/** Where a stream comes from and when it is over. */
export interface Source {
  /** Opens the stream after an event, or from its beginning. */
  open(lastEventId: string | undefined, signal: AbortSignal | undefined): Promise<Response>;
  /** Whether an event is the last one. */
  isLast(event: Event): boolean;
  /** Whether no more will happen; asked when the stream has closed without an event. */
  isOver(): Promise<boolean>;
}

/**
 * Yields the events of a stream, and connects again where it broke off so that none is lost or comes twice.
 * Throws if the first connection fails, if the server refuses, or if it stays away.
 */
export async function* follow(
  source: Source,
  lastEventId: string | undefined,
  { signal, reconnects = 10, silence = 45_000, onOpen }: FollowOptions,
  retries: Pick<Retries, 'first' | 'longest'> = RETRIES,
): AsyncGenerator<Event, void, undefined> {
  let { first } = retries;
  let requestId: string | undefined;
  for (let connected = false, finished = false, failures = 0; !signal?.aborted; ) {
    let fault: unknown;
    try {
      const response = await source.open(lastEventId, signal);
      connected = true;
      requestId = response.headers.get('X-Request-Id') ?? undefined;
      onOpen?.();
      let told = false;
      for await (const event of read(response, silence, (milliseconds) => (first = milliseconds))) {
        failures = 0;
        told = true;
        lastEventId = event.id;
        yield event;
        if (source.isLast(event)) return;
      }
      // One more has to close without an event: this one may have been cut off.
      if (signal?.aborted || (!told && finished)) return;
      finished = !told && (await source.isOver());
      if (finished) continue;
    } catch (error) {
      if (signal?.aborted) return;
      fault = error;
    }
    const error = broken(fault, requestId, ++failures);
    if (!connected || !passes(error.status) || failures > reconnects) throw error;
    await delay(backOff(failures, { ...retries, first }, error.retryAfter), signal);
  }
}

/** What there is to say of a stream that broke off: what the server said last, if it did. */
function broken(cause: unknown, requestId: string | undefined, attempts: number): ContentCreatorError {
  if (ContentCreatorError.is(cause)) return cause;
  const message = 'The event stream broke off and could not be opened again.';
  return new ContentCreatorError(message, { code: 'CONNECTION_FAILED', status: 0, requestId, attempts, cause });
}

/** Reads events until the stream ends or falls silent. An event that was cut off is none. */
async function* read(
  response: Response,
  silence: number,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<Event, void, undefined> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let rest = '';
  let data: string[] = [];
  try {
    for (;;) {
      const timer = setTimeout(() => void reader.cancel().catch(() => undefined), silence);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      // A carriage return at the very end may be half of a line break.
      const lines = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!\n|$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('data:')) {
          data.push(line.slice(5));
        } else if (/^retry: ?\d+$/.test(line)) {
          onRetry(Number(line.slice(6)));
        } else if (line === '' && data.length > 0) {
          // The event's id and type are in its data, too.
          const event = JSON.parse(data.join('\n')) as Event;
          data = [];
          yield event;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
