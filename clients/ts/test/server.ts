/** Builds the server and runs it for all tests, on a database of its own that is gone afterwards. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  }
}

const START = 90_000;
const STOP = 30_000;

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { TEST_SERVER_URL: url, TEST_API_KEY: key } = process.env;
  if (url && key) {
    project.provide('serverUrl', url);
    project.provide('apiKey', key);
    return undefined;
  }

  const folder = await mkdtemp(join(tmpdir(), 'content-creator-ts-'));
  // The private PostgreSQL may run as another user, who must get through.
  await chmod(folder, 0o711);
  const apiKey = `cc_${randomBytes(20).toString('hex')}`;
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server) await terminate(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const program = join(folder, 'content-creator');
    const root = fileURLToPath(new URL('../../..', import.meta.url));
    await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: root });
    server = spawn(program, ['serve'], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ADDR: '127.0.0.1:0',
        ADMIN_API_KEY: apiKey,
        DATA_DIR: join(folder, 'data'),
        FETCH_ALLOW_CIDRS: '127.0.0.0/8',
        HOST_REQUESTS_PER_SECOND: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // It stops its database by itself, even if this process ends in disorder.
    process.once('exit', () => server?.kill());
    const serverUrl = await listening(server, AbortSignal.timeout(START));
    await healthy(serverUrl, AbortSignal.timeout(START));
    project.provide('serverUrl', serverUrl);
    project.provide('apiKey', apiKey);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Waits until the server says where it listens, which it has the system choose. */
async function listening(server: ChildProcess, deadline: AbortSignal): Promise<string> {
  let log = '';
  server.stderr?.on('data', (text) => (log += String(text)));
  const found = new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout! }).on('line', (line) => {
      const url = /(http:\/\/\S+)\/api\/v1/.exec(line)?.[1];
      if (url) resolve(url);
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
    deadline.addEventListener('abort', () => reject(new Error(`the server did not start in time:\n${log}`)));
  });
  const url = await found;
  // What nobody reads would block it.
  server.stdout?.resume();
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
