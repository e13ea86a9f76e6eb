/** What is published, as its users get it: `npm test` builds it first. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, inject, onTestFinished, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const run = async (...args: string[]): Promise<string> => {
  const env = { ...process.env, CONTENT_CREATOR_URL: inject('serverUrl'), CONTENT_CREATOR_KEY: inject('apiKey') };
  return (await promisify(execFile)(process.execPath, args, { cwd: folder, env })).stdout;
};

test('the README’s program runs', async () => {
  const program = /```js\n(import .*?)```/s.exec(await readFile(`${folder}/README.md`, 'utf8'))?.[1];
  expect(await run('--input-type=module', '--eval', String(program))).toMatch(/^PropTech trends \d+ is one of \d+ topics\.\n$/);
});

test('CommonJS gets the same', async () => {
  const names = "console.log(Object.keys(require('@content-creator/client')).sort().join())";
  const esm = "import * as all from '@content-creator/client'; console.log(Object.keys(all).sort().join())";
  const exported = await run('--input-type=commonjs', '--eval', names);
  expect(exported).toContain('ContentCreatorError');
  expect(exported).toBe(await run('--input-type=module', '--eval', esm));
});

test('the version is the specification’s', async () => {
  const spec = await readFile(`${folder}/../../openapi/openapi.yaml`, 'utf8');
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as { version: string };
  expect(/^ {2}version: (\S+)$/m.exec(spec)?.[1]).toBe(version);
});

/** A fresh project that has installed the package's tarball and nothing else. */
async function project(type: 'module' | 'commonjs'): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'content-creator-user-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const npm = (args: string[], cwd: string) => promisify(execFile)('npm', [...args, '--silent', '--no-audit', '--no-fund'], { cwd });
  const { stdout } = await npm(['pack', '--pack-destination', home], folder);
  await writeFile(join(home, 'package.json'), JSON.stringify({ name: 'user', private: true, type }));
  await npm(['install', `./${stdout.trim().split('\n').at(-1)}`, '--offline'], home);
  return home;
}

const program = (line: string): string =>
  `${line}\nconst client = createClient({ baseUrl: String(process.env['CONTENT_CREATOR_URL']), apiKey: process.env['CONTENT_CREATOR_KEY'] });\n` +
  `let count = 0;\nvoid (async () => {\n  for await (const topic of all((cursor) => client.topics.list({ query: { page_size: 1, cursor } }))) if (topic.title && ++count === 2) break;\n` +
  `  console.log('counted');\n})();\n`;

test.each(['module', 'commonjs'] as const)('a fresh %s project installs, type-checks and runs it', async (type) => {
  const home = await project(type);
  const line =
    type === 'module'
      ? "import { all, createClient } from '@content-creator/client';"
      : "import client_ = require('@content-creator/client');\nconst { all, createClient } = client_;";
  await writeFile(join(home, 'main.ts'), `declare const process: { env: Record<string, string | undefined> };\n${program(line)}`);
  const options = { strict: true, exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: true, skipLibCheck: false, module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: [] };
  await writeFile(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['main.ts'] }));
  const compiled = await promisify(execFile)(process.execPath, [`${folder}/node_modules/typescript/bin/tsc`], { cwd: home }).catch(
    (error: { stdout: string }) => error,
  );
  expect(compiled.stdout).toBe('');
  const env = { ...process.env, CONTENT_CREATOR_URL: inject('serverUrl'), CONTENT_CREATOR_KEY: inject('apiKey') };
  expect((await promisify(execFile)(process.execPath, ['main.js'], { cwd: home, env })).stdout).toBe('counted\n');
  const { dependencies } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as { dependencies?: object };
  expect(dependencies).toBeUndefined();
}, 90_000);

test('a bundle holds what is used', async () => {
  const size = async (code: string): Promise<number> => {
    const home = await mkdtemp(join(tmpdir(), 'content-creator-bundle-'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    await writeFile(join(home, 'main.js'), code);
    const bundle = await rolldown({ input: join(home, 'main.js'), resolve: { alias: { '@content-creator/client': `${folder}/dist/index.js` } } });
    const { output } = await bundle.generate({ minify: true });
    return gzipSync(output[0].code).length;
  };
  const some = await size("import { all } from '@content-creator/client'; console.log(all);");
  const client = await size("import { createClient } from '@content-creator/client'; console.log(createClient);");
  expect(some).toBeLessThan(600);
  expect(client).toBeLessThan(16_000);
  console.log(`a bundle: ${some} bytes with a list alone, ${client} with a client, both compressed`);
}, 60_000);
