/** A person's way through the console: from the key to a draft of a cited report. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { everyPage, expect, settled, test } from './fixture.ts';

test.describe('from signing in to signing out', () => {
  test.use({ signedIn: false, allowed: [/status of 401/] });
  test.setTimeout(90_000);
  test('a person finds feeds, topics and facts, and writes', async ({ page }) => {
    await test.step('a wrong key is told', async () => {
      await page.goto('/topics');
      await page.getByLabel('API key').fill('cc_wrong');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('alert')).toContainText('The server does not know this key.');
    });
    await test.step('sign in', async () => {
      await page.getByLabel('API key').fill(process.env['CONSOLE_KEY']!);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Topics' })).toBeVisible();
    });
    await test.step('sign out, and in by the link of the first start, which works once', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(process.env['CONSOLE_LINK']!);
      await expect(page.getByRole('heading', { level: 1, name: 'Dashboard' })).toBeVisible();
      expect(new URL(page.url()).hash).toBe('');
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto('about:blank');
      await page.goto(process.env['CONSOLE_LINK']!);
      await expect(page.getByRole('alert')).toContainText('This link was used already');
      await page.getByLabel('API key').fill(process.env['CONSOLE_KEY']!);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation').getByRole('link', { name: 'Topics', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Topics' })).toBeVisible();
    });
    await test.step('add a feed by the address of its site', async () => {
      await page.getByRole('link', { name: 'Collections' }).click();
      await page.getByRole('button', { name: 'Add a collection' }).click();
      const drawer = page.getByRole('dialog');
      await drawer.getByLabel('Domain').fill('garden');
      await drawer.getByLabel('Market').fill('gb');
      await drawer.getByLabel('Language').fill('en');
      await drawer.getByRole('textbox', { name: 'Address' }).fill(`http://127.0.0.1:${process.env['SITE_PORT']}/garden`);
      await drawer.getByRole('button', { name: 'Find feeds' }).click();
      await drawer.getByRole('button', { name: 'Add: Elmford Gardener' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Elmford Gardener' })).toBeVisible();
    });
    await test.step('watch it poll', async () => {
      await expect(page.getByRole('table', { name: 'Polls' })).toContainText('New documents');
      await page.getByRole('button', { name: 'Poll now' }).click();
      await expect(page.getByText(/Polled: (Nothing new|Not modified)/)).toBeVisible();
    });
    await test.step('search', async () => {
      await page.getByRole('link', { name: 'Documents', exact: true }).click();
      await page.getByLabel('Search', { exact: true }).fill('rooftop gardens');
      await expect(page).toHaveURL(/q=rooftop/);
      await expect(page.locator('mark', { hasText: 'rooftop' }).first()).toBeVisible();
      await page.getByRole('link', { name: /opens a rooftop garden/ }).click();
      await expect(page.getByRole('article')).toContainText('64 beds');
    });
    await test.step('discover topics', async () => {
      await page.getByRole('link', { name: 'Topics', exact: true }).click();
      await page.getByRole('button', { name: 'Discover topics' }).click();
      const drawer = page.getByRole('dialog');
      await drawer.getByLabel('Domain').fill('garden');
      await drawer.getByLabel('Market').fill('gb');
      await drawer.getByLabel('Language').fill('en');
      await drawer.getByLabel('Seeds').fill('rooftop garden');
      await page.keyboard.press('Enter');
      await drawer.getByLabel('Score from').fill('0');
      await drawer.getByRole('button', { name: 'Discover topics' }).click();
      await drawer.getByRole('button', { name: /rooftop garden/i }).click();
      // By the keyboard: the panel is still unfolding below a mouse.
      await drawer.getByRole('link', { name: 'Open the topic' }).press('Enter');
      await expect(page.getByRole('heading', { level: 1, name: /rooftop garden/i })).toBeVisible();
    });
    await test.step('set its status and score it', async () => {
      await page.getByRole('button', { name: 'Set status' }).click();
      await page.getByRole('menuitem', { name: 'Validated' }).click();
      await expect(page.getByRole('main').getByText('Validated').first()).toBeVisible();
      await page.getByRole('button', { name: 'Score now' }).click();
      await expect(page.getByRole('table', { name: 'Score' })).toContainText('Novelty');
    });
    await test.step('research it and open a citation', async () => {
      await page.getByRole('tab', { name: 'Research' }).click();
      await page.getByRole('button', { name: 'Begin research' }).click();
      await page.locator('.reading').getByRole('button', { name: 'Open citation 1' }).first().click();
      const citation = page.getByRole('dialog');
      const quote = await citation.locator('mark').innerText();
      expect(quote.length).toBeGreaterThan(10);
      await expect(citation).toContainText('Supported');
      await page.keyboard.press('Escape');
    });
    await test.step('write a draft, edit and compare it', async () => {
      await page.getByRole('tab', { name: 'Drafts' }).click();
      await page.getByRole('button', { name: 'Write a draft' }).click();
      await page.locator('.reading').getByRole('button', { name: 'Open citation 1' }).first().click();
      await expect(page.getByRole('dialog').locator('mark')).toHaveText(/.{10}/);
      await page.keyboard.press('Escape');
      await page.getByText('Edit', { exact: true }).click();
      const text = page.getByLabel('Text (Markdown)');
      await text.fill(`${await text.inputValue()}\nWritten by a person.\n`);
      await page.getByRole('button', { name: 'Save as a new version' }).click();
      await expect(page.getByText('Saved as version 2.')).toBeVisible();
      await page.getByText('Compare', { exact: true }).click();
      await expect(page.locator('ins', { hasText: 'Written by a person.' })).toBeVisible();
      await page.getByRole('button', { name: 'Export' }).click();
      const download = page.waitForEvent('download');
      await page.getByRole('menuitem', { name: 'Word (DOCX)' }).click();
      expect((await download).suggestedFilename()).toMatch(/\.docx$/);
    });
    await test.step('sign out', async () => {
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page.getByLabel('API key')).toBeVisible();
      const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
      expect(kept, 'no key stays behind').not.toContain('cc_');
    });
  });
});

test('a typed filter follows the address, and going back closes what is open', async ({ page }) => {
  await page.goto('/topics?search=heat+pump');
  await page.getByRole('navigation').getByRole('link', { name: 'Topics', exact: true }).click();
  await expect(page).toHaveURL(/\/topics$/);
  await expect(page.getByLabel('Search', { exact: true })).toHaveValue('');
  await page.getByRole('button', { name: 'Add a topic' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page).toHaveURL(/\/topics$/);
  await page.getByRole('button', { name: 'Discover topics' }).click();
  await expect(page.getByRole('dialog').getByLabel('Domain')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page).toHaveURL(/\/topics$/);
});

test('what a source says against another is opened beside its text', async ({ page }) => {
  await page.goto(everyPage()['run']!);
  const differing = page.getByRole('heading', { name: 'Where the sources disagree' }).locator('..');
  for (const figure of ['389', '412']) {
    await differing.getByText(figure).first().locator('..').getByRole('button', { name: /Open citation/ }).click();
    await expect(page.getByRole('dialog').locator('mark')).toContainText(`${figure} houses`);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
});

test('filters live in the address, and many topics change at once', async ({ page }) => {
  await page.goto('/topics?search=heat+pump&sort=title');
  await settled(page);
  await expect(page.getByLabel('Search', { exact: true })).toHaveValue('heat pump');
  await expect(page.getByRole('columnheader', { name: 'Title' })).toHaveAttribute('aria-sort', 'ascending');
  await page.goto('/topics');
  await page.getByRole('button', { name: 'Add a topic' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Title').fill('Aside for the archive');
  await form.getByLabel('Domain').fill('aside');
  await form.getByLabel('Market').fill('gb');
  await form.getByLabel('Language').fill('en');
  await form.getByRole('button', { name: 'Add a topic' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Aside for the archive' })).toBeVisible();
  await page.goto('/topics?domain=aside');
  await page.getByRole('checkbox', { name: 'Select Aside for the archive' }).check();
  await expect(page.getByText('1 selected')).toBeVisible();
  await page.getByLabel('Domain').fill('energy');
  await expect(page.getByText('1 selected'), 'what is no longer listed is no longer selected').toHaveCount(0);
  await page.getByLabel('Domain').fill('aside');
  await page.getByRole('checkbox', { name: 'Select Aside for the archive' }).check();
  await page.getByRole('region', { name: 'What to do with the selected topics' }).getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('No topics here')).toBeVisible();
});

test.describe('two people', () => {
  test.use({ allowed: [/status of 412/] });
  test('a change over somebody else’s is refused and explained', async ({ page, request, baseURL }) => {
    await page.goto(`/collections/${process.env['COLLECTION']}`);
    await settled(page);
    // The stream would tell the page of the other's change, and it would then have the newest version.
    await page.route('**/api/v1/collections/*', (route) => (route.request().method() === 'GET' ? new Promise(() => undefined) : route.continue()));
    const headers = { Authorization: `Bearer ${process.env['CONSOLE_KEY']}` };
    await request.patch(`${baseURL}/api/v1/collections/${process.env['COLLECTION']}`, { headers, data: { category: `news ${Date.now()}` } });
    await page.getByLabel('Category').fill('mine');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Somebody has changed this meanwhile.')).toBeVisible();
  });
});

test('a key is made, shown once, and revoked', async ({ page }) => {
  await page.goto('/settings?tab=keys');
  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('For a test');
  await dialog.getByRole('button', { name: 'Create a key' }).click();
  await expect(dialog.getByText(/^cc_/)).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /For a test/ }).getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(page.getByRole('row', { name: /For a test/ })).toHaveCount(0);
});

test('a webhook is added, tested, given a new secret, paused and deleted', async ({ page }) => {
  const calls: string[] = [];
  const receiver = createServer((request, response) => {
    calls.push(String(request.headers['webhook-signature']));
    request.resume();
    response.end('thanks');
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  try {
    await page.goto('/settings?tab=webhooks');
    await page.getByRole('button', { name: 'Add a webhook' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`);
    await dialog.getByLabel('What it is for').fill('Of a test');
    await dialog.getByRole('combobox', { name: 'Events' }).fill('gone');
    await page.getByRole('option', { name: 'feed.gone' }).click();
    await page.keyboard.press('Tab');
    await dialog.getByRole('button', { name: 'Add a webhook' }).click();
    await expect(dialog.getByText(/^whsec_/)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);

    const row = page.getByRole('row', { name: /Of a test/ });
    await expect(row).toContainText('feed.gone');
    await row.getByRole('button', { name: 'New secret' }).click();
    await dialog.getByRole('button', { name: 'New secret' }).click();
    await expect(dialog.getByText(/^whsec_/)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);

    await row.getByRole('button', { name: 'Test' }).click();
    const log = page.getByRole('dialog').getByRole('row', { name: /webhook\.test/ });
    await expect(log.first()).toContainText('HTTP 200 thanks');
    expect(calls[0]?.split(' ').length, 'both secrets sign').toBe(2);
    await log.first().getByRole('button', { name: 'Send again' }).click();
    await expect(log).toHaveCount(2);
    await expect(log.first()).toContainText('Arrived');
    await expect(log.first()).toContainText('sent again');
    await page.keyboard.press('Escape');

    await row.getByRole('switch').press(' ');
    await expect(row).toContainText('Paused');
    await expect(row.getByRole('button', { name: 'Test' })).toBeDisabled();
    await row.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect(row).toHaveCount(0);
  } finally {
    receiver.close();
  }
});

test('discoveries run by a schedule that is added, changed, paused and deleted', async ({ page }) => {
  await page.goto('/discoveries');
  await page.getByRole('button', { name: 'Add a schedule' }).first().click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill('Gardens by the clock');
  await form.getByLabel('Domain').fill('nothing-here');
  await form.getByLabel('Market').fill('gb');
  await form.getByLabel('Language').fill('en');
  await form.getByLabel('Seeds').fill('rooftop, garden');
  await page.keyboard.press('Enter');
  await form.getByRole('button', { name: 'Add a schedule' }).click();
  const row = page.getByRole('row', { name: /Gardens by the clock/ });
  await expect(row).toContainText('every 24 hours');
  await row.getByRole('button', { name: 'Change' }).click();
  await expect(form.getByLabel('Domain')).toHaveValue('nothing-here');
  await form.getByLabel('Hours between two runs').fill('6');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('every 6 hours');
  await row.getByRole('switch').press(' ');
  await expect(row).toContainText('Paused');
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row).toHaveCount(0);
});

test('weights are changed as a new version of a profile, and a topic is scored by it', async ({ page }) => {
  const name = `mine-${Date.now()}`;
  await page.goto('/scoring');
  await page.getByRole('button', { name: 'Copy: original' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(name);
  await expect(form.getByLabel('Relevance')).toHaveValue('30 %');
  await form.getByLabel('Relevance').fill('10');
  await expect(form.getByText('The weights are 80% together')).toBeVisible();
  await expect(form.getByRole('button', { name: 'Add a profile' })).toBeDisabled();
  await form.getByLabel('Freshness').fill('40');
  await form.getByRole('button', { name: 'Add a profile' }).click();
  const row = page.getByRole('row', { name: new RegExp(name) });
  await expect(row).toContainText('Freshness 40%');
  await row.getByRole('button', { name: 'Change weights' }).click();
  await form.getByLabel('Threshold').fill('0.1');
  await form.getByRole('button', { name: 'Save as the next version' }).click();
  await expect(row).toContainText('Version 2');
  await row.getByRole('button', { name: 'Versions' }).click();
  await expect(page.getByRole('table', { name: 'Scoring' }).getByRole('row')).toHaveCount(3);

  await page.goto(`/topics/${process.env['TOPIC']}`);
  await page.getByRole('combobox', { name: 'Scoring profile' }).click();
  await page.getByRole('option', { name }).click();
  await page.getByRole('button', { name: 'Score now' }).click();
  await expect(page.getByText(`${name} v2`)).toBeVisible();

  await page.goto('/scoring');
  await row.getByRole('button', { name: 'Try out' }).click();
  await form.getByLabel('Domain').fill('energy');
  await form.getByRole('button', { name: 'Score topics' }).click();
  await expect(page.getByRole('heading', { level: 1, name: `${name} v2` })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Topics' }).getByRole('row').nth(1)).toContainText('%');

  await page.goto('/scoring');
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(row).toHaveCount(0);
});

test('the results of a search are looked at, and compared with earlier ones', async ({ page }) => {
  const [daily, weekly] = [`http://127.0.0.1:${process.env['SITE_PORT']}/daily`, `http://127.0.0.2:${process.env['SITE_PORT']}/weekly`];
  await page.goto('/serp');
  await page.getByRole('textbox', { name: 'Search', exact: true }).fill('boiler or pump');
  await page.getByLabel('The results as you see them').fill(`${daily}/1\n${weekly}/1`);
  await page.getByRole('button', { name: 'Look at the results' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'boiler or pump' })).toBeVisible();
  await expect(page.getByText('looked at only once')).toBeVisible();
  await page.getByRole('button', { name: /1\. Heat pump subsidy/ }).click();
  await expect(page.getByRole('table', { name: 'Content score' }).first()).toBeVisible();
  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(page.getByText('Nothing has moved: 2 pages')).toBeVisible();

  await page.goto(`/serp/${process.env['SNAPSHOT']}?against=${process.env['EARLIER_SNAPSHOT']}`);
  const changes = page.getByRole('table', { name: 'What has changed' });
  await expect(changes.getByRole('row', { name: /weekly\/0/ })).toContainText('Risen');
  await expect(changes.getByRole('row', { name: /daily\/2/ })).toContainText('Gone');
  await expect(changes.getByRole('row', { name: /weekly\/1/ })).toContainText('New');
});

test('keywords that one page can answer are grouped, others are told', async ({ page }) => {
  const [daily, weekly] = [`http://127.0.0.1:${process.env['SITE_PORT']}/daily`, `http://127.0.0.2:${process.env['SITE_PORT']}/weekly`];
  await page.goto('/serp');
  await page.getByRole('textbox', { name: 'Search', exact: true }).fill('pumps for heat');
  await page.getByLabel('The results as you see them').fill(`${daily}/0\n${daily}/1\n${weekly}/0`);
  await page.getByRole('button', { name: 'Look at the results' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'pumps for heat' })).toBeVisible();
  await page.goto('/serp?tab=clusters');
  await page.getByRole('textbox', { name: 'Keywords' }).fill('heat pump\npumps for heat\nnever searched');
  await page.getByRole('button', { name: 'Group', exact: true }).click();
  await expect(page.getByText('1 group')).toBeVisible();
  await expect(page.getByText('3 results in common')).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('never searched');
});

test('the feed of a saved search has an address that works elsewhere', async ({ page, request }) => {
  await page.goto('/searches');
  await page.getByRole('button', { name: 'New feed address' }).first().click();
  const address = await page.getByRole('dialog').locator('code').first().innerText();
  expect(address).toMatch(/^http:\/\//);
  expect((await request.get(address)).headers()['content-type']).toContain('rss');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
});

test('what research may cost is folded up, and sent all the same', async ({ page, request, baseURL }) => {
  await page.goto('/research');
  await settled(page);
  await expect(page.getByLabel('Seconds at most')).toBeHidden();
  await page.getByRole('button', { name: 'Depth and limits' }).click();
  await page.getByLabel('Seconds at most').fill('77');
  await page.getByRole('button', { name: 'Depth and limits' }).click();
  await page.getByLabel('Question').fill('Who measured the noise of the pumps in Elmford?');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await page.getByRole('link', { name: 'Who measured the noise' }).first().click();
  const run = page.url().split('/').at(-1)!.split('?')[0];
  const asked = await request.get(`${baseURL}/api/v1/research/runs/${run}`, { headers: { Authorization: `Bearer ${process.env['CONSOLE_KEY']}` } });
  expect(await asked.json()).toMatchObject({ depth: 'balanced', scope: 'all', budget: { max_seconds: 77, max_requests: 100 } });
});

test('what is written into a draft is kept until it is saved or discarded', async ({ page }) => {
  const drafts = `/topics/${process.env['TOPIC']}?tab=drafts`;
  await page.goto(drafts);
  await page.getByText('Edit', { exact: true }).click();
  const text = page.getByLabel('Text (Markdown)');
  const before = await text.inputValue();
  await text.fill('Not finished');
  await page.getByText('Read', { exact: true }).click();
  await page.getByText('Edit', { exact: true }).click();
  await expect(text).toHaveValue('Not finished');
  await page.reload();
  await page.getByText('Edit', { exact: true }).click();
  await expect(text).toHaveValue('Not finished');
  await page.getByRole('button', { name: 'Discard' }).click();
  await expect(text).toHaveValue(before);
  await page.reload();
  await page.getByText('Edit', { exact: true }).click();
  await expect(text).toHaveValue(before);
});

test('what is typed about a topic stays when its status changes elsewhere', async ({ page, request, baseURL }) => {
  const headers = { Authorization: `Bearer ${process.env['CONSOLE_KEY']}` };
  const made = await request.post(`${baseURL}/api/v1/topics`, { headers, data: { title: `Typed meanwhile ${Date.now()}`, domain: 'typed', market: 'gb', language: 'en' } });
  const { id } = await made.json();
  await page.goto(`/topics/${id}`);
  await page.getByLabel('Description').fill('Half a sen');
  await request.patch(`${baseURL}/api/v1/topics/${id}`, { headers: { ...headers, 'If-Match': made.headers()['etag']! }, data: { status: 'validated' } });
  await expect(page.getByRole('main').getByText('Validated').first()).toBeVisible();
  await expect(page.getByLabel('Description')).toHaveValue('Half a sen');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await request.delete(`${baseURL}/api/v1/topics/${id}`, { headers });
});

test('two runs of research are compared', async ({ page }) => {
  await page.goto(`/research/${process.env['RUN']}?tab=changes`);
  await page.getByRole('combobox', { name: 'Compared with' }).click();
  await page.getByRole('option', { name: /What did the Elmford heat pump trial cost/ }).click();
  await expect(page.getByText('The two did not ask the same.')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Changes' })).toContainText('Sources read');
  await page.getByRole('button', { name: 'Ask again' }).click();
  await expect(page).not.toHaveURL(new RegExp(`/research/${process.env['RUN']}`));
  await expect(page).toHaveURL(new RegExp(`against=${process.env['RUN']}`));
  await expect(page.getByText(/statements? (has|have) stayed/)).toBeVisible();
});

test('keywords and competitors of a subject are researched without a topic', async ({ page }) => {
  await page.goto('/reports');
  await page.getByLabel('Subject').fill('heat pump');
  await page.getByRole('button', { name: 'Research', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'heat pump' })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Keywords' })).toContainText('heat pump');
  await page.goto('/reports');
  await page.getByText('Competitors', { exact: true }).first().click();
  await page.getByLabel('Subject').fill('heat pump');
  await page.getByRole('combobox', { name: 'Own sites' }).fill('127.0.0.1');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Research', exact: true }).click();
  await expect(page.getByRole('table', { name: 'Competitors' })).toContainText('127.0.0.2');
});

test('what happens elsewhere appears by itself', async ({ page, request, baseURL }) => {
  await page.goto('/topics?domain=live');
  await expect(page.getByText('No topics here')).toBeVisible();
  const headers = { Authorization: `Bearer ${process.env['CONSOLE_KEY']}` };
  const made = await request.post(`${baseURL}/api/v1/topics`, {
    headers,
    data: { title: `Seen without asking ${Date.now()}`, domain: 'live', market: 'gb', language: 'en' },
  });
  await expect(page.getByRole('link', { name: /Seen without asking/ })).toBeVisible();
  await request.delete(`${baseURL}/api/v1/topics/${(await made.json()).id}`, { headers });
  await expect(page.getByText('No topics here')).toBeVisible();
});

test('the keyboard reaches everything, the palette first', async ({ page }) => {
  await page.goto('/');
  await settled(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find pages').fill('Settings');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
});

test('everything that is often done is done from the palette, by keys alone', async ({ page }) => {
  const command = async (typed: string, shown: string) => {
    await page.keyboard.press('Control+k');
    const palette = page.getByRole('dialog').filter({ has: page.getByPlaceholder('Find pages') });
    await page.getByPlaceholder('Find pages').fill(typed);
    await expect(palette.locator('[data-selected]')).toContainText(shown);
    await page.keyboard.press('Enter');
    await expect(palette).toHaveCount(0);
  };
  const dialog = (name: string) => page.getByRole('dialog', { name });
  await page.goto('/');
  await settled(page);
  for (const [typed, shown, opened] of [
    ['add feed', 'Add a feed or another collection', 'Add a collection'],
    ['dsc now', 'Discover topics now', 'Discover topics'],
    ['new key', 'New API key', 'Create a key'],
    ['scor prof', 'Add a scoring profile', 'Add a profile'],
    ['add sched', 'Add a schedule', 'Add a schedule'],
  ] as const) {
    await command(typed, shown);
    await expect(dialog(opened)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog(opened)).toHaveCount(0);
  }
  await command('ask question', 'New research');
  await expect(page.getByLabel('Question')).toBeFocused();
  await command('poll elmford daily', 'Poll now: Elmford Daily');
  await expect(page.getByText('“Elmford Daily” is being polled.')).toBeVisible();
  await command('theme', 'Dark colours');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  const docs = page.waitForEvent('popup');
  await command('swagger', 'Try the API');
  await (await docs).close();
  await command('deutsch', 'Deutsch');
  await expect(page.getByRole('heading', { level: 1, name: 'Recherche' })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Seiten, Themen').fill('abmelden');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('API-Schlüssel')).toBeVisible();
});

test('the language and the colours can be chosen, and are kept', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Language' }).click();
  await page.getByRole('menuitem', { name: 'Deutsch' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Übersicht' })).toBeVisible();
  await page.getByRole('button', { name: 'Dunkle Farben' }).click();
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

test('a chart tells each day to the pointer, the keyboard and a screen reader', async ({ page }) => {
  await page.goto('/');
  const chart = page.getByRole('slider', { name: /last two weeks/ });
  await chart.focus();
  await page.keyboard.press('End');
  await expect(chart).toHaveAttribute('aria-valuenow', '14');
  await expect(chart).toHaveAttribute('aria-valuetext', /Documents \d+, Topics \d+/);
  await page.keyboard.press('ArrowLeft');
  await expect(chart).toHaveAttribute('aria-valuenow', '13');
  const box = (await chart.boundingBox())!;
  await page.mouse.move(box.x + box.width - 4, box.y + 60);
  await expect(chart).toHaveAttribute('aria-valuenow', '14');
  await expect(chart.getByText('Documents')).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(chart.getByText('Documents')).toHaveCount(0);
  await expect(page.getByRole('table', { name: /last two weeks/ }).getByRole('row')).toHaveCount(15);
});

/** All that a page takes over the line, answers of the API and what it loads later with it. */
for (const [name, address] of [
  ['dashboard', '/'],
  ['topics', '/topics'],
] as const) {
  test(`the first load is small: ${name}`, async ({ page }) => {
    let bytes = 0;
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(address);
    await settled(page);
    if (name === 'dashboard') await expect(page.getByRole('slider').locator('rect').first()).toBeAttached();
    await page.waitForLoadState('load');
    console.log(`first load of ${name}: ${Math.round(bytes / 1000)} kB`);
    expect(bytes).toBeLessThan(300_000);
  });
}
