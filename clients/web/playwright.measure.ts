import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config.ts';

// As many documents and topics as there are beside those of the tests.
process.env['CONSOLE_MANY'] ??= '100000';

/** How fast the console is over a full archive: `task measure-console`. One page at a time, so that none slows another. */
export default defineConfig({
  ...tests,
  testMatch: 'measure.ts',
  reporter: 'line',
  workers: 1,
  timeout: 600_000,
  projects: [
    { name: 'desktop', use: { viewport: { width: 1440, height: 900 } } },
    { name: 'phone', use: { ...devices['Pixel 7'] } },
  ],
});
