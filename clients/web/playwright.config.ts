import { existsSync } from 'node:fs';
import { defineConfig, devices } from '@playwright/test';

/** The machine's own browser: nothing is downloaded. */
const browser = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const ci = Boolean(process.env['CI']);

export default defineConfig({
  testDir: 'tests',
  testMatch: '*.spec.ts',
  outputDir: 'report/results',
  globalSetup: './tests/setup.ts',
  fullyParallel: true,
  forbidOnly: ci,
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['junit', { outputFile: process.env['PLAYWRIGHT_JUNIT'] ?? 'report/junit.xml' }]],
  use: {
    // Traces would take half of the time; they are for looking at a failure: --trace on.
    trace: 'off',
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    launchOptions: {
      ...(browser && { executablePath: browser }),
      chromiumSandbox: false,
      args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
    },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' } },
    { name: 'dark', testMatch: 'pages.spec.ts', use: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' } },
    { name: 'mobile', testMatch: 'pages.spec.ts', use: { ...devices['Pixel 7'], deviceScaleFactor: 1, colorScheme: 'light' } },
  ],
});
