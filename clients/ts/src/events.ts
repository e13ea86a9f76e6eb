import { ContentCreatorError } from './errors.js';
import type { Event } from './generated/types.gen.js';
import { delay } from './transport.js';

/** How a stream is followed. */
export interface FollowOptions {
  /** Ends the stream, without an error. */
  signal?: AbortSignal | undefined;
  /** How many times in a row to connect again in vain after the line has broken; 10 unless told otherwise. */
  reconnects?: number | undefined;
  /** After how many milliseconds of silence a line counts as broken; 45,000 unless told otherwise. */
  silence?: number | undefined;
  /** Called whenever the line stands: what happens from then on is not missed. */
  onOpen?: (() => void) | undefined;
}

/** Where a stream comes from and when it is over. */
export interface Source {
  /** Opens the stream after an event, or from its beginning. */
  open(lastEventId: string | undefined, signal: AbortSignal | undefined): Promise<ReadableStream<Uint8Array>>;
  /** Asked when the server has closed the stream, with the last event that this connection brought. */
  isOver(last: Event | undefined): Promise<boolean>;
}

/** How long to wait before the first reconnection, in milliseconds, until the server says. */
const FIRST_DELAY = 250;
const LONGEST_DELAY = 30_000;

/** The server sends something every 15 seconds; a line that is silent for three times as long is dead. */
export const SILENCE = 45_000;

/**
 * Yields the events of a stream, and connects again where it broke off so that none is lost or comes twice.
 * Throws if the first connection fails, if the server refuses, or if it stays away.
 */
export async function* follow(
  source: Source,
  lastEventId: string | undefined,
  { signal, reconnects = 10, silence = SILENCE, onOpen }: FollowOptions,
): AsyncGenerator<Event, void, undefined> {
  for (let connected = false, failures = 0, first = FIRST_DELAY; !signal?.aborted; ) {
    let last: Event | undefined;
    let wait: number | undefined;
    try {
      const stream = await source.open(lastEventId, signal);
      connected = true;
      onOpen?.();
      const leave = (milliseconds: number): void => void (first = milliseconds);
      for await (const event of read(stream, silence, leave)) {
        failures = 0;
        last = event;
        lastEventId = event.id;
        yield event;
      }
      if (signal?.aborted || (await source.isOver(last))) return;
    } catch (error) {
      if (signal?.aborted) return;
      if (!connected || isFinal(error) || failures >= reconnects) throw error;
      if (error instanceof ContentCreatorError && error.retryAfter) wait = error.retryAfter * 1000;
    }
    await delay(wait ?? Math.random() * Math.min(first * 2 ** failures++, LONGEST_DELAY), signal);
  }
}

/** Whether asking again would bring the same. */
function isFinal(error: unknown): boolean {
  return error instanceof ContentCreatorError && ![0, 429, 502, 503, 504].includes(error.status);
}

async function* read(
  stream: ReadableStream<Uint8Array>,
  silence: number,
  onRetry: (milliseconds: number) => void,
): AsyncGenerator<Event, void, undefined> {
  const reader = stream.getReader();
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
