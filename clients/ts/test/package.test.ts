/** What is published, as its users get it: `npm test` builds it first. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'tsdown';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connect, topic } from './helpers.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const run = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
  const env = { ...process.env, CONTENT_CREATOR_URL: inject('serverUrl'), CONTENT_CREATOR_API_KEY: inject('apiKey') };
  return (await promisify(execFile)(program, args, { cwd, env })).stdout;
};
const node = (...args: string[]): Promise<string> => run(folder, process.execPath, ...args);

let scratch = '';
beforeAll(async () => void (scratch = await mkdtemp(join(tmpdir(), 'content-creator-package-'))));
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the programs in examples', () => {
  test('begin the README', async () => {
    const program = /```js\n(import .*?)```/s.exec(await readFile(`${folder}/README.md`, 'utf8'))?.[1];
    expect(program).toBe(await readFile(`${folder}/examples/topics.mjs`, 'utf8'));
  });

  test('run', async () => {
    const feeds = `${inject('proxyUrl')}/feeds`;
    expect(await node('examples/topics.mjs')).toMatch(/^PropTech trends \d+ is one of \d+ topics of proptech\.\n$/);
    expect(await node('examples/feed.mjs', `${feeds}/ok.xml?examples`)).toMatch(/^The poll brought \d documents\.\n$/);
    expect(await node('examples/feed.mjs', `${feeds}/missing.xml?examples`)).toMatch(/^The poll has failed: .*404/);
    const { data: made } = await connect().topics.create({ body: topic({ priority: 3 }) });
    expect(await node('examples/change.mjs', made.id)).toBe(`${made.title} has priority 4.\n`);
    expect(await node('examples/change.mjs', '0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37')).toContain('(TOPIC_NOT_FOUND, request ');
  });

  test('take webhooks', async () => {
    const client = connect();
    // The secret is known once there is a webhook, whose address is known once the program listens.
    const { data: made } = await client.webhooks.create({ body: { url: 'https://example.org/', event_types: ['feed.gone'] } });
    const receiver = spawn(process.execPath, ['examples/webhook.mjs'], { cwd: folder, env: { ...process.env, WEBHOOK_SECRET: made.secret }, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
      const url = String((await lines.next()).value);
      await client.webhooks.update({ path: { id: made.id }, body: { url } });
      const { data: sent } = await client.webhooks.test({ path: { id: made.id } });
      expect((await lines.next()).value).toBe(`webhook.test {"webhook_id":"${made.id}"}`);
      expect(sent.event_type).toBe('webhook.test');
      expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(400);
    } finally {
      receiver.kill();
    }
    await client.webhooks.delete({ path: { id: made.id } });
  });
});

describe('the tarball', () => {
  const source = `
    import { all, createClient, ContentCreatorError, type TopicSummary } from '@content-creator/client';
    const client = createClient({ baseUrl: String(process.env['CONTENT_CREATOR_URL']), apiKey: process.env['CONTENT_CREATOR_API_KEY'] });
    async function main(): Promise<void> {
      for await (const topic of all((cursor) => client.topics.list({ query: { cursor } }))) {
        const title: TopicSummary['title'] = topic.title;
        if (!title) throw new Error();
      }
      const fault: unknown = await client.topics.get({ path: { id: '0193a5f8-7c1e-7b5a-9f0e-2d6c4b8a1e37' } }).catch((e: unknown) => e);
      if (ContentCreatorError.is(fault, 'TOPIC_NOT_FOUND')) console.log(fault.status satisfies number);
    }
    void main();
  `;
  let tarball = '';
  beforeAll(async () => {
    const packed = await run(folder, 'npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', scratch);
    tarball = join(scratch, packed.trim());
  });

  test.each(['module', 'commonjs'])('works in a fresh project of type %s, strictly typed', async (type) => {
    const project = join(scratch, type);
    await mkdir(project);
    await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type }));
    await writeFile(join(project, 'main.ts'), source);
    const compilerOptions = {
      target: 'ES2022', module: 'NodeNext', lib: ['ES2022', 'DOM'], strict: true, noUncheckedIndexedAccess: true,
      types: ['node'], typeRoots: [join(folder, 'node_modules/@types')],
    };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    await run(project, 'npm', 'install', '--silent', '--offline', '--no-audit', '--no-fund', tarball);
    // Declarations are checked, too: skipLibCheck is not set.
    await run(project, process.execPath, join(folder, 'node_modules/typescript/bin/tsc'), '-p', '.');
    expect(await run(project, process.execPath, 'main.js')).toBe('404\n');
    const installed = JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')) as { packages: object };
    expect(Object.keys(installed.packages)).toEqual(['', 'node_modules/@content-creator/client']);
  }, 120_000);
});

test('CommonJS gets the same', async () => {
  const names = "console.log(Object.keys(require('@content-creator/client')).sort().join())";
  const esm = "import * as all from '@content-creator/client'; console.log(Object.keys(all).sort().join())";
  const exported = await node('--input-type=commonjs', '--eval', names);
  expect(exported).toContain('ContentCreatorError');
  expect(exported).toBe(await node('--input-type=module', '--eval', esm));
});

test('one call is small: what it does not use is left out', async () => {
  const entry = join(scratch, 'one.js');
  await writeFile(entry, `import { createClient } from '${folder}dist/index.js'; console.log(createClient({ baseUrl: '' }).topics.list());`);
  const outDir = join(scratch, 'bundle');
  await build({ config: false, entry, outDir, format: 'esm', platform: 'browser', minify: true, dts: false, logLevel: 'silent' });
  const code = await readFile(join(outDir, (await readdir(outDir))[0] ?? ''), 'utf8');
  expect(code).toContain('content-creator-ts/');
  // A list of values, and an iterator.
  expect(code).not.toContain('DISCOVERED_AT_DESC');
  expect(code).not.toContain('next_cursor');
  const kilobytes = gzipSync(code).length / 1000;
  console.info(`one call, bundled: ${(code.length / 1000).toFixed(1)} kB, ${kilobytes.toFixed(1)} kB gzipped`);
  expect(kilobytes).toBeLessThan(12);
});

test('the version is the specification’s', async () => {
  const spec = await readFile(`${folder}/../../openapi/openapi.yaml`, 'utf8');
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as { version: string };
  expect(/^ {2}version: (\S+)$/m.exec(spec)?.[1]).toBe(version);
  expect(await node('--input-type=module', '--eval', "import { VERSION } from '@content-creator/client'; console.log(VERSION)")).toBe(`${version}\n`);
});
