import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, inject, onTestFinished } from 'vitest';
import {
  ContentCreatorError,
  createClient,
  type ClientOptions,
  type ContentCreatorClient,
  type TopicCreate,
} from '@content-creator/client';

/** A client with the admin key, unless told otherwise. */
export function connect(options: Partial<ClientOptions> = {}): ContentCreatorClient {
  return createClient({ baseUrl: inject('serverUrl'), apiKey: inject('apiKey'), ...options });
}

/** What a word is that no other test uses. */
export function unique(): string {
  return `w${randomUUID().replaceAll('-', '')}`;
}

export function topic(changes: Partial<TopicCreate> = {}): TopicCreate {
  return { title: `Topic ${unique()}`, domain: 'proptech', market: 'de', language: 'en', ...changes };
}

/** The error that something fails with. */
export async function failure(promise: Promise<unknown>): Promise<ContentCreatorError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ContentCreatorError);
  return error as ContentCreatorError;
}

/** Serves on loopback until the test ends, and answers where. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A feed of two articles about one word, as a source on loopback. */
export async function serveFeed(word: string): Promise<string> {
  const item = (n: number, title: string, text: string): string =>
    `<item><title>${title}</title><link>https://example.org/${word}/${n}</link><guid>${word}-${n}</guid>
     <pubDate>Mon, 23 Nov 2026 08:0${n}:00 GMT</pubDate><description>${text}</description></item>`;
  const url = await serve((_request, response) => {
    response.setHeader('Content-Type', 'application/rss+xml; charset=utf-8').end(
      `<?xml version="1.0"?><rss version="2.0"><channel><title>Test</title><link>https://example.org/</link>
       <description>Test</description>
       ${item(1, `Smart buildings and ${word}`, 'Sensors everywhere.')}
       ${item(2, 'Another article', `Here ${word} stands in the text only.`)}
       </channel></rss>`,
    );
  });
  return `${url}/feed.xml`;
}

/** A collection of that feed, not polled yet. */
export async function createFeed(client: ContentCreatorClient, word: string): Promise<string> {
  const { data } = await client.collections.create({
    body: { name: `Feed ${word}`, url: await serveFeed(word), domain: 'proptech', market: 'de', language: 'en', enabled: false },
  });
  return data.id;
}
