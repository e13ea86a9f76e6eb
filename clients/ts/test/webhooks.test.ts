/** What is believed of a webhook, by the vector that the specification's own libraries are tested by. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createClient, verifyWebhook, WebhookError, type WebhookOptions } from '../src/index.js';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const at = 1614265330;
const body = '{"test": 2432232314}';
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const signedHeaders = (changes: Record<string, string> = {}): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': signature,
  ...changes,
});
const on = (seconds: number, more: WebhookOptions = {}): WebhookOptions => ({ now: () => (at + seconds) * 1000, ...more });

test('calls that make secrets take no Idempotency-Key, the others do', async () => {
  const keyed: Record<string, boolean> = {};
  const fetch = (async (request: Request) => {
    keyed[new URL(request.url).pathname.replaceAll('0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37', 'id')] = request.headers.has('Idempotency-Key');
    return Response.json({});
  }) as typeof globalThis.fetch;
  const { webhooks } = createClient({ baseUrl: 'http://example.org', apiKey: 'cc_x', fetch });
  const path = { id: '0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37' };
  await webhooks.create({ body: { url: 'https://example.org/' } });
  await webhooks.rotateSecret({ path });
  await webhooks.test({ path });
  await webhooks.replayDelivery({ path: { ...path, delivery_id: path.id } });
  expect(keyed).toEqual({
    '/api/v1/webhooks': false,
    '/api/v1/webhooks/id/rotate': false,
    '/api/v1/webhooks/id/test': true,
    '/api/v1/webhooks/id/deliveries/id/replay': true,
  });
});

describe('is believed', () => {
  test.each([
    ['the published one', signedHeaders(), body, secret, on(0)],
    ['as bytes', signedHeaders(), new TextEncoder().encode(body), secret, on(0)],
    ['a secret without its prefix', signedHeaders(), body, secret.slice(6), on(0)],
    ['one of several signatures', signedHeaders({ 'webhook-signature': `v1,AAAA v1,! v1a,BBBB ${signature} v2,CC` }), body, secret, on(0)],
    ['one of several secrets', signedHeaders(), body, [other, secret], on(0)],
    ['the other one of them', signedHeaders(), body, [secret, other], on(0)],
    ['five minutes late', signedHeaders(), body, secret, on(300)],
    ['five minutes early', signedHeaders(), body, secret, on(-300)],
    ['an hour late, where that may be', signedHeaders(), body, secret, on(3600, { tolerance: 7200 })],
    ['as fetch has headers', new Headers(signedHeaders()), body, secret, on(0)],
    ['as Node.js has lists of them', { ...signedHeaders(), 'webhook-id': [id] }, body, secret, on(0)],
    ['whatever their case', { 'Webhook-Id': id, 'Webhook-Timestamp': String(at), 'WEBHOOK-SIGNATURE': signature }, body, secret, on(0)],
  ])('%s', async (_, headers, text, secrets, options) => {
    expect(await verifyWebhook(headers, text, secrets, options)).toEqual({ id, test: 2432232314 });
  });

  test('and read', async () => {
    const sent = JSON.stringify({ type: 'topic.created', timestamp: '2026-11-23T08:15:01Z', data: { topic_id: 'x', title: 'Wärme' } });
    const now = String(Math.floor(Date.now() / 1000));
    const mac = createHmac('sha256', Buffer.from(other.slice(6), 'base64')).update(`msg_1.${now}.${sent}`).digest('base64');
    const message = await verifyWebhook({ 'webhook-id': 'msg_1', 'webhook-timestamp': now, 'webhook-signature': `v1,${mac}` }, sent, other);
    expect(message).toEqual({ id: 'msg_1', type: 'topic.created', timestamp: '2026-11-23T08:15:01Z', data: { topic_id: 'x', title: 'Wärme' } });
  });
});

describe('is not believed', () => {
  test.each([
    ['too late', signedHeaders(), body, secret, on(301), /another time/],
    ['too early', signedHeaders(), body, secret, on(-301), /another time/],
    ['no id', signedHeaders({ 'webhook-id': '' }), body, secret, on(0), /missing/],
    ['no time', signedHeaders({ 'webhook-timestamp': '' }), body, secret, on(0), /missing/],
    ['no headers', new Headers(), body, secret, on(0), /missing/],
    ['a time that is none', signedHeaders({ 'webhook-timestamp': 'noon' }), body, secret, on(0), /time is none/],
    ['another id', signedHeaders({ 'webhook-id': `${id}x` }), body, secret, on(0), /signed/],
    ['another time', signedHeaders({ 'webhook-timestamp': String(at + 1) }), body, secret, on(0), /signed/],
    ['another body', signedHeaders(), '{"test": 2432232315}', secret, on(0), /signed/],
    ['another secret', signedHeaders(), body, other, on(0), /signed/],
    ['no secret', signedHeaders(), body, [], on(0), /signed/],
    ['a part of a signature', signedHeaders({ 'webhook-signature': signature.slice(0, 23) }), body, secret, on(0), /signed/],
    ['a signature of another kind', signedHeaders({ 'webhook-signature': signature.replace('v1,', 'v1a,') }), body, secret, on(0), /signed/],
  ])('%s', async (_, headers, text, secrets, options, says) => {
    const fault = await verifyWebhook(headers, text, secrets, options).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(WebhookError);
    expect((fault as Error).message).toMatch(says);
    expect((fault as Error).message).not.toContain('MfKQ');
  });

  test.each(['[]', '{', 'null', '"x"'])('a body of %s', async (sent) => {
    const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${at}.${sent}`).digest('base64');
    await expect(verifyWebhook(signedHeaders({ 'webhook-signature': `v1,${mac}` }), sent, secret, on(0))).rejects.toThrow('cannot be read');
  });

  test.each(['whsec_!', 'whsec_', ''])('by the secret %s, which is none', async (wrong) => {
    await expect(verifyWebhook(signedHeaders(), body, wrong, on(0))).rejects.toThrow(TypeError);
  });
});
