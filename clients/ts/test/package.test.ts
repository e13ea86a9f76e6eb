/** What is published, as its users get it: `npm test` builds it first. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';

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
