import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** The server that `npm run dev` shows; start it with `go run . serve`. */
const server = process.env['API'] ?? 'http://127.0.0.1:8080';
const proxied = ['/api', '/docs', '/redoc', '/monitor', '/openapi.yaml', '/openapi.json'];

export default defineConfig({
  plugins: [react(), brotli()],
  resolve: {
    // The SDK's sources, so that a build needs no other build before it.
    alias: { '@content-creator/client': fileURLToPath(new URL('../ts/src/index.ts', import.meta.url)) },
  },
  build: {
    target: 'es2022',
    // The first that know light-dark(), which would be written out for older ones and then not follow our switch.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // Data addresses are no addresses of ours: the content security policy refuses them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page needs, and what many do: few files are smaller together, and sooner there.
            { name: 'start', tags: ['$initial'] },
            { name: 'shared', minShareCount: 5 },
          ],
        },
      },
    },
    // What we ship of others, with their licenses.
    license: { fileName: 'licenses.md' },
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, server])) },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    environment: 'jsdom',
    setupFiles: ['src/test-setup.ts'],
    reporters: ['default', ['junit', { outputFile: process.env['CONSOLE_JUNIT'] ?? 'report/vitest.xml' }]],
    maxWorkers: 2,
  },
});

/** Writes each script and style beside itself as small as it gets: what Go cannot do while it serves. */
function brotli(): Plugin {
  return {
    name: 'brotli',
    apply: 'build',
    writeBundle({ dir }) {
      const assets = join(dir!, 'assets');
      for (const name of readdirSync(assets)) {
        if (/\.(js|css)$/.test(name)) writeFileSync(join(assets, `${name}.br`), brotliCompressSync(readFileSync(join(assets, name))));
      }
    },
  };
}
