import { describe, expect, inject, test } from 'vitest';
import { connect, failure, serve, topic, unique } from './helpers.js';

const client = connect();

test('health needs no key', async () => {
  const { data } = await connect({ apiKey: undefined }).admin.getHealth();
  expect(data.status).toBe('ok');
  expect(data.checks['database']).toMatchObject({ status: 'ok', message: null });
});

test('metrics are text', async () => {
  const { data } = await client.admin.getMetrics();
  expect(data).toContain('# TYPE ');
});

describe('keys', () => {
  test('that are wrong or missing are refused', async () => {
    for (const apiKey of ['wrong', undefined]) {
      const error = await failure(connect({ apiKey }).topics.list());
      expect(error).toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    }
  });

  test('may come from a function', async () => {
    const asked = connect({ apiKey: () => Promise.resolve(inject('apiKey')) });
    expect((await asked.topics.list({ query: { page_size: 1 } })).data.page_size).toBe(1);
  });

  test('do what their scopes allow until they are revoked', async () => {
    const name = `Reader ${unique()}`;
    const { data: made } = await client.admin.createApiKey({ body: { name, scopes: ['read'], expires_at: null } });
    expect(made).toMatchObject({ name, scopes: ['read'], expires_at: null, last_used_at: null });
    expect(made.key.startsWith(made.prefix)).toBe(true);

    const reader = connect({ apiKey: made.key });
    await reader.topics.list();
    const error = await failure(reader.topics.create({ body: topic() }));
    expect(error).toMatchObject({ status: 403, code: 'FORBIDDEN', details: { required_scope: 'write', scopes: ['read'] } });
    expect((await failure(reader.admin.listApiKeys())).details.required_scope).toBe('admin');

    const { data: keys } = await client.admin.listApiKeys({ query: { page_size: 100 } });
    expect(keys.items.find((key) => key.id === made.id)).not.toHaveProperty('key');
    await client.admin.deleteApiKey({ path: { id: made.id } });
    expect((await failure(reader.topics.list())).status).toBe(401);
    expect((await failure(client.admin.deleteApiKey({ path: { id: made.id } }))).code).toBe('API_KEY_NOT_FOUND');
  });
});

test('the configuration is read and changed', async () => {
  const { data: before } = await client.admin.getConfig();
  expect(before.environment.find((entry) => entry.name === 'ADMIN_API_KEY')?.value).not.toBe(inject('apiKey'));
  const { data: changed } = await client.admin.updateConfig({ body: { log_level: 'warn' } });
  expect(changed.log_level).toBe('warn');
  const { data: back, response } = await client.admin.updateConfig({ body: { log_level: null } });
  expect(back.polling_enabled).toBe(before.polling_enabled);
  expect(response.headers.get('ETag')).toBeTruthy();
  const error = await failure(client.admin.updateConfig({ body: { rate_limit: -1 } }));
  expect(error.details.errors).toHaveProperty('rate_limit');
});

describe('what is not this API', () => {
  test('is named so', async () => {
    const baseUrl = await serve((_request, response) => response.writeHead(502, { 'Retry-After': '7' }).end('<h1>Bad Gateway</h1>'));
    const error = await failure(connect({ baseUrl, retries: { attempts: 1 } }).topics.list());
    expect(error).toMatchObject({
      status: 502, code: 'UNEXPECTED_ANSWER', details: {}, requestId: expect.stringMatching(/^[0-9a-f]{32}$/), retryAfter: 7,
      message: 'The server answered 502 Bad Gateway.',
    });
  });

  test('never sees another path than the API’s', async () => {
    const paths: string[] = [];
    const baseUrl = await serve((request, response) => {
      paths.push(String(request.url));
      response.setHeader('Content-Type', 'application/json').end('{}');
    });
    for (const base of [baseUrl, `${baseUrl}/`, `${baseUrl}/api/v1`, `${baseUrl}/proxied/api/v1/`]) {
      await connect({ baseUrl: base }).topics.get({ path: { id: 'a/b' } });
    }
    const path = '/api/v1/topics/a%2Fb';
    expect(paths).toEqual([path, path, path, `/proxied${path}`]);
  });
});

test('an unhealthy server says which check failed', async () => {
  const health = { status: 'down', version: '1', uptime_seconds: 1, checks: { database: { status: 'failed', message: 'away', latency_ms: 1 } } };
  const baseUrl = await serve((_request, response) => response.writeHead(503).end(JSON.stringify(health)));
  const error = await failure(connect({ baseUrl, retries: { attempts: 1 } }).admin.getHealth());
  expect(error).toMatchObject({ status: 503, code: 'UNAVAILABLE', details: health });
});
