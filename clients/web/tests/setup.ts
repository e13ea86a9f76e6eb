/** Builds the server, starts it on a database of its own beside a small site, and fills it as its users would. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fill } from './fill.ts';
import { startSite } from './site.ts';

const START = 90_000;
const STOP = 30_000;

export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'content-creator-web-'));
  // The private PostgreSQL may run as another user, who must get through.
  await chmod(folder, 0o711);
  const site = await startSite();
  let server: ChildProcess | undefined;
  const stop = async () => {
    if (server) await terminate(server);
    site.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const program = process.env['TEST_PROGRAM'] ?? (await build(folder));
    server = start(program, folder);
    const { url, key, link } = await listening(server);
    Object.assign(process.env, { CONSOLE_URL: url, CONSOLE_KEY: key, CONSOLE_LINK: link, SITE_PORT: String(site.port) });
    Object.assign(process.env, await fill(url, key, site.port));
    if (process.env['CONSOLE_MANY']) await fillMany(folder, process.env['CONSOLE_MANY']);
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(folder: string): Promise<string> {
  const program = join(folder, 'content-creator');
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: root });
  return program;
}

function start(program: string, folder: string): ChildProcess {
  const server = spawn(program, ['serve'], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      ADDR: '127.0.0.1:0',
      DATA_DIR: join(folder, 'data'),
      FETCH_ALLOW_CIDRS: '127.0.0.0/8',
      // As good as no limit, but with hosts to show.
      HOST_REQUESTS_PER_SECOND: '500',
      // All tests use one key.
      RATE_LIMIT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // It stops its database by itself, even if this process ends in disorder.
  process.once('exit', () => server.kill());
  return server;
}

/** Fills the server's own database, past the API: a hundred thousand requests would take too long. */
async function fillMany(folder: string, many: string): Promise<void> {
  const socket = join(folder, 'data', 'postgres', 'run');
  const script = fileURLToPath(new URL('many.sql', import.meta.url));
  await promisify(execFile)('psql', ['-h', socket, '-U', 'postgres', '-d', 'content_creator', '-v', `many=${many}`, '-f', script]);
}

/** Waits until the server says where it listens, which it has the system choose, and how to sign in for the first time. */
async function listening(server: ChildProcess): Promise<{ url: string; key: string; link: string }> {
  let log = '';
  let said = '';
  server.stderr!.on('data', (text) => (log = (log + String(text)).slice(-4000)));
  const found = await new Promise<{ url: string; key: string; link: string }>((resolve, reject) => {
    createInterface({ input: server.stdout! }).on('line', (line) => {
      said += `${line}\n`;
      const [, url, key, link] = /(http:\/\/\S+)\/api\/v1[^]*Admin key +(cc_\S+)[^]*Sign in +(\S+)\n/.exec(said) ?? [];
      if (url && key && link) resolve({ url, key, link });
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${log}`)));
    setTimeout(() => reject(new Error(`the server did not start in time:\n${log}`)), START).unref();
  });
  // What nobody reads would block it.
  server.stdout!.resume();
  return found;
}

async function terminate(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const timer = setTimeout(() => server.kill('SIGKILL'), STOP);
  await ended;
  clearTimeout(timer);
}
