import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** The server that `npm run dev` shows; start it with `go run . serve`. */
const server = process.env['API'] ?? 'http://127.0.0.1:8080';
const proxied = ['/api', '/docs', '/redoc', '/monitor', '/openapi.yaml', '/openapi.json'];

export default defineConfig({
  plugins: [react()],
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
  },
  server: { proxy: Object.fromEntries(proxied.map((path) => [path, server])) },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'jsdom', setupFiles: ['src/test-setup.ts'] },
});
