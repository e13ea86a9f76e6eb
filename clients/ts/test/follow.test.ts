import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Event } from '@content-creator/client';
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
      const body = new ReadableStream<Uint8Array>({
        start: (stream) => stream.enqueue(text.encode(`retry: 10\ndata: {"id":"${n}-1"}\n\n`)),
      });
      return Promise.resolve(new Response(body));
    },
    isLast: (event: Event) => event.id === '2-1',
    isOver: () => Promise.resolve(false),
  };
  const ids: string[] = [];
  const followed = (async () => {
    for await (const event of follow(source, undefined, {})) ids.push(event.id);
  })();
  await vi.advanceTimersByTimeAsync(44_000);
  expect(opened).toEqual([undefined]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(opened).toEqual([undefined, '1-1']);
  await followed;
  expect(ids).toEqual(['1-1', '2-1']);
});

test('waiting to connect again ends with the signal', async () => {
  const controller = new AbortController();
  const source = {
    open: () => Promise.resolve(new Response('')),
    isLast: () => false,
    isOver: () => Promise.resolve(false),
  };
  const next = follow(source, undefined, { signal: controller.signal }).next();
  await vi.advanceTimersByTimeAsync(1);
  controller.abort();
  expect(await next).toEqual({ done: true, value: undefined });
});
