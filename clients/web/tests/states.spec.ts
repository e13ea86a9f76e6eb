/** Each page when things are not as usual: the API failing, slow, empty, or with very much to show. */
import type { BrowserContext, Page, Route } from '@playwright/test';
import { everyPage, expect, inTabs, settled, test } from './fixture.ts';

const API = '**/api/v1/**';
/** Nothing is to be read for these beyond what others read. */
const SAME = ['topic documents', 'topic keywords', 'topic competitors', 'topic research', 'topic drafts', 'run sources', 'run steps', 'run changes', 'clusters', 'scoring versions', 'competitor report', 'environment'];
const PAGES = Object.keys(everyPage()).filter((name) => !SAME.includes(name));
const LISTS = [
  ...['topics', 'discoveries', 'discoveries found', 'scoring', 'scoring tried out', 'documents', 'search', 'stories', 'keywords', 'duplicates', 'searches'],
  ...['collections', 'hosts', 'research', 'reports', 'serp', 'jobs', 'costs', 'webhooks'],
];

const answer = (route: Route, status: number, json: unknown) => route.fulfill({ status, json, headers: { 'X-Request-Id': 'req-under-test' } });

/** Answers what is read by something else; the stream of events goes on as it is. */
async function instead(context: BrowserContext, handle: (route: Route) => Promise<void>): Promise<void> {
  await context.route(API, async (route) => {
    if (route.request().url().includes('/events')) return route.continue();
    // A page that has gone on no longer wants its answer.
    await handle(route).catch(() => undefined);
  });
}

test.describe('failing', () => {
  test.use({ allowed: [/status of 503/] });
  test('every page says what to do, and names the request', async ({ context }) => {
    await instead(context, (route) =>
      answer(route, 503, { error_code: 'UNAVAILABLE', message: 'The database is away.', details: {}, request_id: 'req-under-test' }),
    );
    await inTabs(context, PAGES, async (page, name) => {
      await expect(page.getByRole('alert').first(), name).toContainText('The database is away.');
      await expect(page.getByText('req-under-test').first(), name).toBeVisible();
      await expect(page.getByRole('button', { name: 'Try again' }).first(), name).toBeVisible();
    });
  });
});

test.describe('away', () => {
  test.use({ allowed: [/ERR_CONNECTION_REFUSED/] });
  test('a server that does not answer is told, and asked again on request', async ({ page }) => {
    await page.route('**/api/v1/topics?**', (route) => route.abort('connectionrefused'));
    await page.goto('/topics');
    await expect(page.getByRole('alert')).toContainText('The server did not answer.');
    await page.unroute('**/api/v1/topics?**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('table', { name: 'Topics' })).toBeVisible();
  });
});

test.describe('away in the middle', () => {
  test.use({ allowed: [/ERR_CONNECTION_REFUSED/] });
  test('what was never loaded cannot be shown, and is asked for again; all else stays', async ({ page, context }) => {
    await page.goto('/settings');
    await settled(page);
    // Both what the page is made of and what tells whether anybody answers.
    for (const address of ['**/assets/**', '**/favicon.svg', API]) await context.route(address, (route) => route.abort('connectionrefused'));
    await page.getByRole('navigation').getByRole('link', { name: 'Stories' }).click();
    await expect(page.getByRole('alert')).toContainText('The server did not answer.');
    await expect(page.getByRole('navigation')).toBeVisible();
    await context.unrouteAll();
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Stories' })).toBeVisible();
  });
});

test.describe('broken line', () => {
  test.use({ allowed: [/ERR_CONNECTION_REFUSED/] });
  test('a broken stream is told, and mended', async ({ page }) => {
    await page.route('**/api/v1/events', (route) => route.abort('connectionrefused'));
    await page.goto('/settings');
    await expect(page.getByRole('status').filter({ hasText: 'Reconnecting' })).toBeVisible();
    await page.unroute('**/api/v1/events');
    await expect(page.getByRole('status').filter({ hasText: 'Live' })).toBeVisible();
  });
});

test('slow: every page shows at once that it loads', async ({ context }) => {
  const gates = new Map<Page, Gate>();
  const gateOf = (page: Page) => gates.get(page) ?? gates.set(page, gate()).get(page)!;
  await instead(context, async (route) => {
    await gateOf(route.request().frame().page()).passed;
    await route.continue();
  });
  await inTabs(context, PAGES, async (page, name) => {
    await expect(page.getByRole('status', { name: 'Loading …' }).first(), name).toBeVisible();
    gateOf(page).open();
    await settled(page);
    gates.delete(page);
  });
});

/** A Gate holds answers back until it is opened. */
type Gate = { passed: Promise<void>; open: () => void };

function gate(): Gate {
  let open = () => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

test('empty: every list teaches the next step', async ({ page, context }) => {
  await instead(context, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: 'items' in body ? { ...body, items: [], total: 0, pages: 0 } : body });
  });
  await inTabs(context, LISTS, async (tab, name) => {
    await settled(tab);
    await expect(tab.getByRole('main'), name).toContainText(/No .* here|No saved searches|Nothing found|No profile was tried out/);
    await expect(tab.getByRole('alert'), name).toHaveCount(0);
  });
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Four steps to your first report' })).toBeVisible();
  await page.getByRole('link', { name: 'Add a collection' }).click();
  await expect(page.getByRole('dialog', { name: 'Add a collection' })).toBeVisible();
});

/** Empties the lists at some addresses. */
async function without(context: BrowserContext, lists: RegExp): Promise<void> {
  await instead(context, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: lists.test(route.request().url()) ? { ...body, items: [], total: 0, pages: 0 } : body });
  });
}

test('until there is a topic the first page leads on, also where documents are', async ({ page, context }) => {
  await without(context, /\/topics\?|\/research\/runs\?/);
  await page.goto(everyPage()['collection']!);
  await expect(page.getByRole('alert')).toContainText('The first documents are here');
  await page.goto('/');
  await expect(page.getByRole('listitem').filter({ hasText: 'Done' })).toHaveCount(2);
  await page.getByRole('main').getByRole('link', { name: 'Discover topics' }).first().click();
  const form = page.getByRole('dialog', { name: 'Discover topics' });
  await expect(form.getByLabel('Domain'), 'what was collected last').not.toHaveValue('');
  await expect(form.locator('option[value="energy"]'), 'what is in use').toBeAttached();
});

test('until there is a report the first page leads on, also where topics are', async ({ page, context }) => {
  await without(context, /\/research\/runs\?/);
  await page.goto('/');
  await expect(page.getByRole('listitem').filter({ hasText: 'Done' })).toHaveCount(3);
  await page.getByRole('main').getByRole('link', { name: /Choose a topic|Research this topic/ }).click();
  await expect(page).toHaveURL(/topics/);
});

test('what nobody has collected yet begins where the reader is', async ({ page, context }) => {
  await without(context, /\/(documents|collections)\?/);
  await page.goto('/collections?open=add');
  const form = page.getByRole('dialog', { name: 'Add a collection' });
  await expect(form.getByLabel('Domain')).toHaveValue('general');
  await expect(form.getByLabel('Market')).toHaveValue('gb');
  await expect(form.getByRole('textbox', { name: 'Address' })).toBeFocused();
});

test('full: a list of 100,000 shows one page of it, soon', async ({ page, context }) => {
  await instead(context, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    if (!('items' in body) || !('total' in body) || body.items.length === 0) return route.fulfill({ response, json: body });
    const items = Array.from({ length: 100 }, (_, index) => much(body.items[index % body.items.length], index));
    return route.fulfill({ response, json: { ...body, items, total: 100_000, total_relation: 'gte', page_size: 100, pages: 1000 } });
  });
  for (const name of ['topics', 'documents', 'collections', 'jobs', 'hosts', 'discoveries', 'reports', 'serp']) {
    await test.step(name, async () => {
      await page.goto(`${everyPage()[name]!}?page_size=100`);
      await expect(page.getByText('100,000+ in all')).toBeVisible();
      const rows = await page.locator('tbody tr, .hit').count();
      expect(rows).toBe(100);
      const began = Date.now();
      await page.getByRole('button', { name: 'Page 2', exact: true }).click();
      await expect(page).toHaveURL(/page=2/);
      expect(Date.now() - began).toBeLessThan(3_000);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wider, 'nothing sticks out').toBe(0);
    });
  }
});

test('a word without an end pushes nothing out', async ({ page, context }) => {
  const endless = 'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz'.repeat(3);
  await instead(context, async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    const items = body.items?.map((item: object) => ({ ...item, ...('title' in item && { title: endless }), ...('name' in item && { name: endless }) }));
    await route.fulfill({ response, json: items ? { ...body, items } : body });
  });
  for (const size of [
    { width: 1440, height: 900 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(size);
    for (const name of ['dashboard', 'topics', 'documents', 'collections', 'stories']) {
      await page.goto(everyPage()[name]!);
      await settled(page);
      await expect(page.getByText('Rindfleisch').first(), name).toBeVisible();
      const wider = await page.evaluate(() => {
        const boxes = [document.documentElement, ...document.querySelectorAll('main [role=region]')];
        return Math.max(...boxes.map((box) => box.scrollWidth - box.clientWidth));
      });
      expect(wider, `${name} at ${size.width}`).toBe(0);
    }
  }
});

/** An item with a name as long as names can be. */
function much(item: Record<string, unknown>, index: number): Record<string, unknown> {
  const long = (text: unknown) => `${String(text)} ${'Donaudampfschifffahrtsgesellschaftskapitän '.repeat(6)}`;
  return {
    ...item,
    ...('id' in item && { id: `${String(item['id']).slice(0, -4)}${String(index).padStart(4, '0')}` }),
    ...('title' in item && { title: long(item['title']) }),
    ...('name' in item && { name: long(item['name']) }),
    ...('host' in item && 'requests' in item && { host: `${'long-'.repeat(20)}${index}.example` }),
  };
}
