/** Every page as people find it: in both themes and on a phone, with nothing for axe to find. */
import type { Page } from '@playwright/test';
import axe, { type RunOnly } from 'axe-core';
import { everyPage, expect, settled, test, visit } from './fixture.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

declare global {
  interface Window {
    axe: typeof axe;
  }
}

async function accessible(page: Page): Promise<void> {
  // Half-faded colours have half the contrast.
  await page.waitForFunction(() =>
    document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getTiming().iterations === Infinity),
  );
  // In the page itself: a hundred milliseconds for each, where the driver's own way takes a second.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  // The dark theme differs from the light one in its colours alone.
  const only: RunOnly = test.info().project.name === 'dark' ? { type: 'rule', values: ['color-contrast'] } : { type: 'tag', values: RULES };
  const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, resultTypes: ['violations'] }), only);
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join('\n   ')}`)).toEqual([]);
}

/** Going on from page to page is much faster than loading each. */
const TOGETHER = 7;
const names = Object.keys(everyPage());

for (let first = 0; first < names.length; first += TOGETHER) {
  const some = names.slice(first, first + TOGETHER);
  test(`accessible: ${some.join(', ')}`, async ({ page }) => {
    for (const name of some) {
      await test.step(name, async () => {
        await visit(page, everyPage()[name]!);
        await expect(page).toHaveURL(everyPage()[name]!);
        await settled(page);
        await accessible(page);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wider, 'nothing sticks out').toBe(0);
      });
    }
  });
}

test.describe('signed out', () => {
  test.use({ signedIn: false });
  test('the sign-in is accessible', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByLabel('API key')).toBeVisible();
    await accessible(page);
  });
});

test('what opens over a page is accessible', async ({ page }) => {
  await page.goto(everyPage()['run']!);
  await page.locator('.reading').getByRole('button', { name: 'Open citation 1' }).first().click();
  await expect(page.getByRole('dialog')).toContainText('The report says');
  await expect(page.getByRole('dialog').locator('mark')).toBeVisible();
  await accessible(page);
  await page.keyboard.press('Escape');
  await page.goto('/collections');
  await page.getByRole('button', { name: 'Add a collection' }).click();
  await expect(page.getByRole('dialog')).toContainText('Find feeds');
  await accessible(page);
  await page.keyboard.press('Escape');
  await page.goto('/settings?tab=webhooks');
  await page.getByRole('button', { name: 'Add a webhook' }).click();
  await expect(page.getByRole('dialog').getByLabel('Address')).toBeVisible();
  await accessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('row', { name: /Newsroom/ }).getByRole('button', { name: 'Deliveries' }).click();
  await expect(page.getByRole('dialog').getByRole('row', { name: /webhook\.test/ }).first()).toContainText(/attempt/);
  await accessible(page);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find pages').fill('heat pump');
  await expect(page.locator('.mantine-Spotlight-action').nth(2)).toBeVisible();
  await accessible(page);
});
