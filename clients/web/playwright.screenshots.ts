import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config.ts';

/** Pictures of every page, on the same server as the tests: `task screenshots`. */
export default defineConfig({
  ...tests,
  testMatch: 'screenshots.ts',
  reporter: 'list',
  projects: [
    { name: 'light', use: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' } },
    { name: 'dark', use: { viewport: { width: 1440, height: 900 }, colorScheme: 'dark' } },
    { name: 'phone', use: { ...devices['Pixel 7'], colorScheme: 'light', locale: 'de-DE' } },
  ],
});
