import type { EventType } from './generated/types.gen.js';

/** What a webhook tells of. */
export interface WebhookMessage {
  /** The same in every attempt and replay: by it a receiver knows what it has taken already. */
  id: string;
  type: EventType | 'webhook.test';
  /** When it happened. */
  timestamp: string;
  /** What exactly; see `EventType`. */
  data: Record<string, unknown>;
}

/** Headers as `fetch`, Node's `http` or a plain object has them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WebhookOptions {
  /** How many seconds its time may be from this clock's, before or after: 300 unless told. */
  tolerance?: number;
  /** This clock, in milliseconds; `Date.now` unless told. */
  now?: () => number;
}

/** A webhook that is not to be believed: answer it 400 and do nothing. */
export class WebhookError extends Error {
  override name = 'WebhookError';
}

/**
 * Reads a webhook, and throws a `WebhookError` unless one of the secrets has signed it within the last five minutes. The
 * body must be the text or the bytes as they came, not what was parsed of it. It runs wherever WebCrypto is: in Node.js,
 * Deno, Bun, workers and browsers.
 *
 * @example const event = await verifyWebhook(request.headers, await request.text(), process.env.WEBHOOK_SECRET);
 */
export async function verifyWebhook(
  headers: WebhookHeaders,
  body: string | Uint8Array,
  secrets: string | readonly string[],
  { tolerance = 300, now = Date.now }: WebhookOptions = {},
): Promise<WebhookMessage> {
  const [id, timestamp, signatures] = [header(headers, 'webhook-id'), header(headers, 'webhook-timestamp'), header(headers, 'webhook-signature')];
  if (!id || !timestamp || !signatures) throw new WebhookError('Its headers are missing.');
  if (!/^\d{1,15}$/.test(timestamp)) throw new WebhookError('Its time is none.');
  if (Math.abs(Math.floor(now() / 1000) - Number(timestamp)) > tolerance) throw new WebhookError('It was sent at another time.');

  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const candidates = signatures.split(' ').flatMap((signature) => (signature.startsWith('v1,') ? (decode(signature.slice(3)) ?? []) : []));
  let found = false;
  for (const secret of typeof secrets === 'string' ? [secrets] : secrets) {
    const key = await importKey(secret);
    // WebCrypto compares in constant time.
    for (const candidate of candidates) found = (await crypto.subtle.verify('HMAC', key, candidate, signed)) || found;
  }
  if (!found) throw new WebhookError('Nobody with a secret of yours has signed it.');

  const message = parse(bytes);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw new WebhookError('Its body cannot be read.');
  return { ...(message as Omit<WebhookMessage, 'id'>), id };
}

function header(headers: WebhookHeaders, name: string): string | undefined {
  if (typeof Headers !== 'undefined' && headers instanceof Headers) return headers.get(name) ?? undefined;
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as string | readonly string[] | undefined;
  return typeof value === 'string' ? value : value?.[0];
}

function importKey(secret: string): Promise<CryptoKey> {
  const raw = decode(secret.replace(/^whsec_/, ''));
  // The secret is not repeated.
  if (!raw?.length) throw new TypeError("A webhook's secret is whsec_ and base64.");
  return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
