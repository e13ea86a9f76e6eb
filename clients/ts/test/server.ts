/** Builds the server and runs it for all tests, on a database of its own that is gone afterwards. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the server is, without /api/v1. */
    serverUrl: string;
    /** An admin key. */
    apiKey: string;
    /** Where the proxy of clients/behaviour is, which stands before that server. */
    proxyUrl: string;
  }
}

const START = 90_000;
const STOP = 30_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { TEST_SERVER_URL: url, TEST_API_KEY: key } = process.env;
  const folder = await mkdtemp(join(tmpdir(), 'content-creator-ts-'));
  // The private PostgreSQL may run as another user, who must get through.
  await chmod(folder, 0o711);
  const apiKey = `cc_${randomBytes(20).toString('hex')}`;
  let server: ChildProcess | undefined;
  let proxy: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (proxy) await terminate(proxy);
    if (server) await terminate(server);
    await rm(folder, { recursive: true, force: true });
  };
  const provide = async (serverUrl: string, apiKey: string): Promise<void> => {
    project.provide('serverUrl', serverUrl);
    project.provide('apiKey', apiKey);
    const program = await build('./clients/behaviour/proxy', folder);
    // It ends when its input does, however this process ends.
    proxy = spawn(program, [serverUrl], { stdio: ['pipe', 'pipe', 'inherit'] });
    project.provide('proxyUrl', await said(proxy, /^(http:\S+)$/, AbortSignal.timeout(START)));
  };
  try {
    if (url && key) {
      await provide(url, key);
      return stop;
    }
    const program = process.env['TEST_PROGRAM'] ?? (await build('.', folder));
    server = spawn(program, ['serve'], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ADDR: '127.0.0.1:0',
        ADMIN_API_KEY: apiKey,
        DATA_DIR: join(folder, 'data'),
        FETCH_ALLOW_CIDRS: '127.0.0.0/8',
        HOST_REQUESTS_PER_SECOND: '0',
        RATE_LIMIT: '0',
        CORS_ORIGINS: '*',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // It stops its database by itself, even if this process ends in disorder.
    process.once('exit', () => server?.kill());
    const serverUrl = await said(server, /(http:\/\/\S+)\/api\/v1/, AbortSignal.timeout(START));
    await healthy(serverUrl, AbortSignal.timeout(START));
    await provide(serverUrl, apiKey);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Builds a program of this project into a folder. */
async function build(program: string, folder: string): Promise<string> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const file = join(folder, program === '.' ? 'content-creator' : basename(program));
  await promisify(execFile)('go', ['build', '-o', file, program], { cwd: root });
  return file;
}

/** Waits until a program says where it listens, which it has the system choose. */
async function said(program: ChildProcess, address: RegExp, deadline: AbortSignal): Promise<string> {
  let log = '';
  program.stderr?.on('data', (text) => (log += String(text)));
  const found = new Promise<string>((resolve, reject) => {
    createInterface({ input: program.stdout! }).on('line', (line) => {
      const url = address.exec(line)?.[1];
      if (url) resolve(url);
    });
    program.once('error', reject);
    program.once('exit', (code) => reject(new Error(`the program ended with ${code}:\n${log}`)));
    deadline.addEventListener('abort', () => reject(new Error(`the program did not start in time:\n${log}`)));
  });
  const url = await found;
  // What nobody reads would block it.
  program.stdout?.resume();
  return url;
}

async function healthy(url: string, deadline: AbortSignal): Promise<void> {
  const response = await fetch(`${url}/api/v1/admin/health`, { signal: deadline });
  if (response.ok) return;
  deadline.throwIfAborted();
  // Each of these requests waits for the database itself, so this does not spin.
  await healthy(url, deadline);
}

async function terminate(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP);
  await ended;
  clearTimeout(timer);
}
