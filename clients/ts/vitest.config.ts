import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { '@content-creator/client': fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/server.ts',
    reporters: ['default', ['junit', { outputFile: process.env['VITEST_JUNIT'] ?? 'test-results/junit.xml' }]],
    testTimeout: 30_000,
    allowOnly: false,
    // Two processes: more would only make each other, and the server's start, slower.
    maxWorkers: 2,
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'test/tsconfig.json' },
  },
});
