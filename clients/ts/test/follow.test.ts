import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { follow } from '../src/events.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a line that has gone silent is opened again', async () => {
  const opened: Array<string | undefined> = [];
  const text = new TextEncoder();
  const source = {
    open: (lastEventId: string | undefined) => {
      opened.push(lastEventId);
      const n = opened.length;
      return Promise.resolve(
        new ReadableStream<Uint8Array>({
          start: (stream) => stream.enqueue(text.encode(`data: {"id":"${n}-1"}\n\n`)),
        }),
      );
    },
    isOver: () => Promise.resolve(opened.length === 2),
  };
  const ids: string[] = [];
  const followed = (async () => {
    for await (const event of follow(source, undefined, {})) ids.push(event.id);
  })();
  await vi.advanceTimersByTimeAsync(44_000);
  expect(opened).toEqual([undefined]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(opened).toEqual([undefined, '1-1']);
  await vi.advanceTimersByTimeAsync(45_000);
  await followed;
  expect(ids).toEqual(['1-1', '2-1']);
});

test('waiting to connect again ends with the signal', async () => {
  const controller = new AbortController();
  const source = {
    open: () => Promise.resolve(new ReadableStream<Uint8Array>({ start: (stream) => stream.close() })),
    isOver: () => Promise.resolve(false),
  };
  const next = follow(source, undefined, { signal: controller.signal }).next();
  await vi.advanceTimersByTimeAsync(1);
  controller.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});
