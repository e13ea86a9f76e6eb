/**
 * Prints how soon pages are there and how soon they answer, over as many rows as CONSOLE_MANY says; a phone's processor is
 * taken to be four times as slow. Each figure is the median of several loads with nothing in the cache.
 */
import type { Browser, Page } from '@playwright/test';
import { settled, test } from './fixture.ts';

const LOADS = 5;
const SLOWER: Record<string, number> = { desktop: 1, phone: 4 };
const LIST = 'main table tbody, main .hit';

/** What is done on a page, until it shows what was asked for. */
type Steps = Record<string, (page: Page) => Promise<void>>;

const PAGES: { name: string; address: string; first: string; steps: Steps }[] = [
  { name: 'dashboard', address: '/', first: 'main .day-chart rect', steps: {} },
  {
    name: 'topics',
    address: '/topics',
    first: LIST,
    steps: {
      filter: (page) => page.getByRole('textbox', { name: 'Search' }).fill('harbour'),
      sort: (page) => page.getByRole('columnheader', { name: 'Priority' }).getByRole('button').click(),
      'next page': (page) => page.getByRole('button', { name: 'Next page' }).click(),
    },
  },
  {
    name: 'topics, 100 rows',
    address: '/topics?page_size=100',
    first: LIST,
    steps: {
      filter: (page) => page.getByRole('textbox', { name: 'Search' }).fill('harbour'),
      sort: (page) => page.getByRole('columnheader', { name: 'Priority' }).getByRole('button').click(),
      'next page': (page) => page.getByRole('button', { name: 'Next page' }).click(),
    },
  },
  {
    name: 'documents',
    address: '/documents',
    first: LIST,
    steps: {
      filter: (page) => page.getByRole('textbox', { name: 'Search' }).fill('harbour'),
      sort: async (page) => {
        await page.getByRole('combobox', { name: 'Order' }).click();
        await page.getByRole('option', { name: 'Oldest first' }).click();
      },
      'next page': (page) => page.getByRole('button', { name: 'Next page' }).click(),
    },
  },
];

/** The columns: milliseconds, but for the shift of the layout. */
const FIGURES = ['FCP', 'LCP', 'first row', 'TBT', 'longest', 'CLS', 'filter', 'sort', 'next page', 'INP', 'of all'];

function print([page, ...cells]: (string | number)[]): void {
  console.log(`\n${String(page).padEnd(26)}${cells.map((cell) => String(cell).padStart(10)).join('')}`);
}

test.beforeAll(() => print(['milliseconds', ...FIGURES]));

for (const { name, address, first, steps } of PAGES) {
  test(name, async ({ browser, baseURL }, { project }) => {
    const loads: Record<string, number>[] = [];
    for (let load = 0; load < LOADS; load++) {
      const page = await freshPage(browser, baseURL!, project.use, SLOWER[project.name]!);
      loads.push({ ...(await loaded(page, address, first)), ...(await used(page, steps)), ...(await interactions(page)) });
      await page.context().close();
    }
    print([`${project.name}: ${name}`, ...FIGURES.map((figure) => (figure in loads[0]! ? median(loads.map((load) => load[figure]!)) : '–'))]);
  });
}

async function freshPage(browser: Browser, baseURL: string, use: object, slower: number): Promise<Page> {
  const context = await browser.newContext({ ...use, baseURL });
  await context.addInitScript((key) => location.protocol.startsWith('http') && sessionStorage.setItem('content-creator.key', key), process.env['CONSOLE_KEY']!);
  await context.addInitScript(observe);
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  return page;
}

interface Seen {
  fcp: number;
  lcp: number;
  cls: number;
  tasks: number[];
  events: number[];
}

/** Runs in the page: notes what the browser tells of itself. */
function observe(): void {
  const seen: Seen = { fcp: 0, lcp: 0, cls: 0, tasks: [], events: [] };
  Object.assign(window, { seen });
  const on = (type: string, note: (entry: PerformanceEntry) => void, options: object = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...options });
  on('paint', ({ name, startTime }) => name === 'first-contentful-paint' && (seen.fcp = startTime));
  on('largest-contentful-paint', ({ startTime }) => (seen.lcp = startTime));
  on('layout-shift', (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
    if (!hadRecentInput) seen.cls += value;
  });
  on('longtask', ({ duration }) => seen.tasks.push(duration));
  on('event', (entry) => (entry as PerformanceEntry & { interactionId: number }).interactionId && seen.events.push(entry.duration), { durationThreshold: 16 });
}

const seenBy = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

/** How soon it is there: the first row, and what blocked the page for longer than 50 ms until then. */
async function loaded(page: Page, address: string, first: string): Promise<Record<string, number>> {
  await page.goto(address, { waitUntil: 'commit' });
  const row = await page.evaluate(
    (selector) =>
      new Promise<number>((resolve) => {
        const look = () => (document.querySelector(selector) ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look));
        look();
      }),
    first,
  );
  await settled(page);
  // What it still has to do when it looks done, counts as well.
  await page.waitForTimeout(1_000);
  const { fcp, lcp, cls, tasks } = await seenBy(page);
  const blocking = tasks.reduce((sum, task) => sum + Math.max(0, task - 50), 0);
  return { FCP: fcp, LCP: lcp, 'first row': row, TBT: blocking, longest: Math.max(0, ...tasks), CLS: Math.round(cls * 1000) / 1000 };
}

/** From what a person does to the new rows on the screen; typing waits for a pause first. */
async function used(page: Page, steps: Steps): Promise<Record<string, number>> {
  const took: Record<string, number> = {};
  for (const [name, step] of Object.entries(steps)) {
    const repainted = page.evaluate((selector) => {
      const rows = () => [...document.querySelectorAll(selector)].map((row) => row.textContent).join('\n');
      const before = rows();
      let began = 0;
      const note = ({ timeStamp }: Event) => (began = timeStamp);
      for (const type of ['input', 'click']) addEventListener(type, note, { capture: true });
      return new Promise<number>((resolve) => {
        const look = () => {
          const now = rows();
          if (began > 0 && now !== '' && now !== before && !document.querySelector('[aria-busy=true]')) {
            for (const type of ['input', 'click']) removeEventListener(type, note, { capture: true });
            return requestAnimationFrame(() => resolve(performance.now() - began));
          }
          return requestAnimationFrame(look);
        };
        look();
      });
    }, LIST);
    await step(page);
    took[name] = await repainted;
  }
  return took;
}

/** The slowest answer to a key or pointer, as INP counts it, and the longest task of all that was done. */
async function interactions(page: Page): Promise<Record<string, number>> {
  const { events, tasks } = await seenBy(page);
  return { INP: Math.max(0, ...events), 'of all': Math.max(0, ...tasks) };
}

function median(values: number[]): number {
  const middle = [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
  return middle < 1 ? middle : Math.round(middle);
}
