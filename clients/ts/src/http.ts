import { ContentCreatorError } from './errors.js';
import { createClient, createConfig, type Client } from './generated/client/index.js';
import { attemptsOf, retrying, type Retries } from './retry.js';

/** The version of this package and of the specification it was made of. */
export const VERSION = '0.1.0';

/** How a client reaches its server. */
export interface ClientOptions {
  /** Where the server is, e.g. `https://content.example.org`. `/api/v1` is added unless it is there. */
  baseUrl: string;
  /** The key, or what answers it before each attempt, so that keys may change. The health check needs none. */
  apiKey?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** How patiently calls are repeated. */
  retries?: Partial<Retries> | undefined;
  /**
   * Bounds each attempt, its answer's body included, in milliseconds: 30 000 by default. Where `Prefer: wait` asks the
   * server to wait, that much is added. It does not bound streams.
   */
  timeout?: number | undefined;
  /** Your program's name, such as `newsroom/2.1`, to put before the client's own. Browsers send their own name. */
  userAgent?: string | undefined;
  /** What to use instead of the global `fetch`. It is called with a `Request`, once for each attempt. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** Makes what the operations are called with: it retries, names requests, and throws a `ContentCreatorError`. */
export function createHttpClient(options: ClientOptions, retries: Retries): Client {
  const { baseUrl, apiKey, timeout = 30_000, userAgent, fetch } = options;
  const key = typeof apiKey === 'function' ? apiKey : () => apiKey;
  const send = retrying({ fetch, key, retries, timeout });
  const http = createClient(
    createConfig({ baseUrl: apiUrl(baseUrl), throwOnError: true, fetch: send as typeof globalThis.fetch }),
  );
  const program = `${userAgent ? `${userAgent} ` : ''}content-creator-ts/${VERSION}`;
  http.interceptors.request.use((request) => name(request, program));
  http.interceptors.response.use((response, request) => {
    if (isStrange(response, request)) throw unexpected(response, request);
    return response;
  });
  http.interceptors.error.use((error, response, request, { throwOnError }) => {
    // Who asked for `{ data, error }` gets the body as the types say.
    if (!response || response.ok || throwOnError === false) return error;
    return ContentCreatorError.from(response, error, sentAs(response, request));
  });
  return http;
}

/** Gives a request what it keeps in all its attempts. */
function name(request: Request, program: string): Request {
  const { headers, method, url } = request;
  const missing = (header: string): boolean => !headers.has(header);
  if (missing('X-Request-Id')) headers.set('X-Request-Id', randomId());
  // Those that make secrets take no key.
  const secret = /\/(admin\/api-keys|admin\/sign-in|feed-token|webhooks|webhooks\/[^/]+\/rotate)$/.test(new URL(url).pathname);
  if (method === 'POST' && !secret && missing('Idempotency-Key')) headers.set('Idempotency-Key', randomId());
  // In a page it would need the server's leave, and most browsers ignore it.
  if (!('document' in globalThis || 'WorkerGlobalScope' in globalThis) && missing('User-Agent')) headers.set('User-Agent', program);
  return request;
}

/** 128 random bits. randomUUID is not there in pages without TLS. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether a success is none of this API: a page, such as a captive portal's, where no draft was exported. */
function isStrange(response: Response, request: Request): boolean {
  const isPage = response.headers.get('Content-Type')?.startsWith('text/html') === true;
  return response.ok && isPage && !new URL(request.url).pathname.endsWith('/export');
}

function unexpected(response: Response, request: Request): ContentCreatorError {
  const { requestId, attempts } = sentAs(response, request);
  return new ContentCreatorError(`The server answered ${response.status}, but nothing of this API.`, {
    code: 'UNEXPECTED_ANSWER',
    status: response.status,
    requestId: response.headers.get('X-Request-Id') ?? requestId,
    attempts,
  });
}

function sentAs(response: Response, request: Request | undefined): { requestId: string | undefined; attempts: number | undefined } {
  return { requestId: request?.headers.get('X-Request-Id') ?? undefined, attempts: attemptsOf.get(response) };
}

/** The address at which the operations begin. */
function apiUrl(baseUrl: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  return base.endsWith('/api/v1') ? base : `${base}/api/v1`;
}
