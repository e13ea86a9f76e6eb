/** A signed-in page that fails its test on errors in the console, breaches of its policy, and requests to anybody else. */
import { test as base, expect, type Page } from '@playwright/test';

interface Fixtures {
  /** What the test itself provokes and may be complained about. */
  allowed: RegExp[];
  signedIn: boolean;
  complaints: string[];
}

export const test = base.extend<Fixtures>({
  allowed: [[], { option: true }],
  signedIn: [true, { option: true }],
  baseURL: async ({}, use) => use(process.env['CONSOLE_URL']),
  complaints: async ({}, use) => use([]),
  page: async ({ page, allowed, signedIn, complaints, baseURL }, use) => {
    listen(page, complaints, baseURL!);
    if (signedIn) await page.addInitScript((key) => sessionStorage.setItem('content-creator.key', key), process.env['CONSOLE_KEY']!);
    await use(page);
    expect(complaints.filter((complaint) => !allowed.some((pattern) => pattern.test(complaint)))).toEqual([]);
  },
});

export { expect };

function listen(page: Page, complaints: string[], own: string): void {
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy')) complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(own) && !url.startsWith('blob:') && !url.startsWith('data:')) complaints.push(`foreign: ${url}`);
  });
}

/** Every page of the console, with what fill.ts has made. */
export function everyPage(): Record<string, string> {
  const { TOPIC, COLLECTION, DOCUMENT, STORY, RUN } = process.env;
  return {
    dashboard: '/',
    topics: '/topics',
    topic: `/topics/${TOPIC}`,
    'topic documents': `/topics/${TOPIC}?tab=documents`,
    'topic keywords': `/topics/${TOPIC}?tab=keywords`,
    'topic competitors': `/topics/${TOPIC}?tab=competitors`,
    'topic research': `/topics/${TOPIC}?tab=research`,
    'topic drafts': `/topics/${TOPIC}?tab=drafts`,
    documents: '/documents',
    search: '/documents?q=heat+pump',
    document: `/documents/${DOCUMENT}`,
    stories: '/stories',
    story: `/stories/${STORY}`,
    duplicates: '/duplicates',
    searches: '/searches',
    collections: '/collections',
    collection: `/collections/${COLLECTION}`,
    hosts: '/hosts',
    research: '/research',
    run: `/research/${RUN}`,
    'run sources': `/research/${RUN}?tab=sources`,
    'run steps': `/research/${RUN}?tab=steps`,
    jobs: '/jobs',
    costs: '/costs',
    settings: '/settings',
    keys: '/settings?tab=keys',
    environment: '/settings?tab=environment',
  };
}

/** Waits until a page shows what it has read. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('status', { name: 'Loading …' })).toHaveCount(0);
}
