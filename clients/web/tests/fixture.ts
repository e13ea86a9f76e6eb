/** A signed-in page that fails its test on errors in the console, breaches of its policy, and requests to anybody else. */
import { type BrowserContext, expect, type Page, test as base } from '@playwright/test';

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
  context: async ({ context, allowed, signedIn, complaints, baseURL }, use) => {
    listen(context, complaints, baseURL!);
    if (signedIn) await context.addInitScript(keepKey, process.env['CONSOLE_KEY']!);
    await use(context);
    expect(complaints.filter((complaint) => !allowed.some((pattern) => pattern.test(complaint)))).toEqual([]);
  },
});

export { expect };

/** Runs in every document, also in the empty one that a tab begins with and that keeps nothing. */
function keepKey(key: string): void {
  if (location.protocol.startsWith('http')) sessionStorage.setItem('content-creator.key', key);
}

function listen(context: BrowserContext, complaints: string[], own: string): void {
  context.on('weberror', (failure) => complaints.push(`error: ${failure.error().message}`));
  context.on('console', (message) => {
    if (message.type() === 'error' || message.text().includes('Content Security Policy')) complaints.push(`console: ${message.text()}`);
  });
  context.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(own) && !url.startsWith('blob:') && !url.startsWith('data:')) complaints.push(`foreign: ${url}`);
  });
}

/** Every page of the console, with what fill.ts has made. */
export function everyPage(): Record<string, string> {
  const { TOPIC, COLLECTION, DOCUMENT, STORY, RUN, EARLIER_RUN, RESCORING, KEYWORD_REPORT, COMPETITOR_REPORT, SNAPSHOT, EARLIER_SNAPSHOT } = process.env;
  return {
    dashboard: '/',
    topics: '/topics',
    topic: `/topics/${TOPIC}`,
    'topic documents': `/topics/${TOPIC}?tab=documents`,
    'topic keywords': `/topics/${TOPIC}?tab=keywords`,
    'topic competitors': `/topics/${TOPIC}?tab=competitors`,
    'topic research': `/topics/${TOPIC}?tab=research`,
    'topic drafts': `/topics/${TOPIC}?tab=drafts`,
    discoveries: '/discoveries',
    'discoveries found': '/discoveries?tab=found',
    scoring: '/scoring',
    'scoring versions': '/scoring?name=newsroom',
    'scoring tried out': '/scoring?tab=tried',
    rescoring: `/scoring/${RESCORING}`,
    documents: '/documents',
    search: '/documents?q=heat+pump',
    document: `/documents/${DOCUMENT}`,
    stories: '/stories',
    story: `/stories/${STORY}`,
    keywords: '/keywords',
    duplicates: '/duplicates',
    searches: '/searches',
    collections: '/collections',
    collection: `/collections/${COLLECTION}`,
    hosts: '/hosts',
    research: '/research',
    run: `/research/${RUN}`,
    'run sources': `/research/${RUN}?tab=sources`,
    'run steps': `/research/${RUN}?tab=steps`,
    'run changes': `/research/${RUN}?tab=changes&against=${EARLIER_RUN}`,
    reports: '/reports',
    'keyword report': `/reports/${KEYWORD_REPORT}`,
    'competitor report': `/reports/${COMPETITOR_REPORT}`,
    serp: '/serp',
    clusters: '/serp?tab=clusters',
    snapshot: `/serp/${SNAPSHOT}?against=${EARLIER_SNAPSHOT}`,
    jobs: '/jobs',
    costs: '/costs',
    settings: '/settings',
    keys: '/settings?tab=keys',
    webhooks: '/settings?tab=webhooks',
    environment: '/settings?tab=environment',
  };
}

/** Waits until a page shows what it has read. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('status', { name: 'Loading …' })).toHaveCount(0);
}

/** Goes to a page as a link does, without loading the console again. */
export async function visit(page: Page, address: string): Promise<void> {
  if (page.url() === 'about:blank') await page.goto(address);
  await page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, address);
}

/** Does something with many pages, a few tabs at once: most of the time goes by in waiting. */
export async function inTabs(context: BrowserContext, names: string[], look: (page: Page, name: string) => Promise<void>): Promise<void> {
  const left = [...names];
  const tab = async () => {
    const page = await context.newPage();
    for (let name = left.shift(); name; name = left.shift()) {
      await visit(page, everyPage()[name]!);
      await look(page, name);
    }
    await page.close();
  };
  await Promise.all([tab(), tab(), tab(), tab()]);
}
