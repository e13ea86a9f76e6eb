/** The TypeScript code that the served specification shows beside every operation, and that of the guides. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

interface Spec {
  paths: Record<string, Record<string, { 'x-codeSamples'?: Array<{ lang: string; source: string }> }>>;
}

test('every sample compiles', async () => {
  const spec = (await (await fetch(`${inject('serverUrl')}/openapi.json`)).json()) as Spec;
  const sources = Object.values(spec.paths)
    .flatMap((item) => Object.values(item))
    .flatMap((operation) => operation['x-codeSamples'] ?? [])
    .filter(({ lang }) => lang === 'TypeScript')
    .map(({ source }) => source);
  expect(sources.length).toBeGreaterThan(80);

  const root = fileURLToPath(new URL('..', import.meta.url));
  const guides = await readFile(`${root}/../../openapi/docs/guides.md`, 'utf8');
  const shown = [...guides.matchAll(/```ts\n(.*?)```/gs)].map(([, source]) => String(source));
  expect(shown.length).toBeGreaterThan(4);

  const folder = `${root}/test-results/samples`;
  await mkdir(folder, { recursive: true });
  const functions = [...sources, ...shown].map(
    (source, n) => `export async function f${n}(): Promise<unknown> {\n${source}\n${source.startsWith('const { data }') ? 'return data;' : 'return undefined;'}\n}\n`,
  );
  await writeFile(
    `${folder}/samples.ts`,
    `import { all, ContentCreatorError, verifyWebhook, type ContentCreatorClient } from '../../src/index.js';\nvoid all, ContentCreatorError, verifyWebhook;\ndeclare const client: ContentCreatorClient;\ndeclare const opml: string;\nvoid opml;\n${functions.join('\n')}`,
  );
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify({ extends: '../../tsconfig.json', include: ['samples.ts'] }));
  const compiled = await promisify(execFile)(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-p', folder]).catch(
    (error: { stdout?: string }) => error,
  );
  expect(compiled.stdout).toBe('');
  await rm(folder, { recursive: true });
}, 60_000);
