import { everyPage, expect, test } from './fixture.ts';

test('every page', async ({ page }) => {
  test.setTimeout(180_000);
  const folder = `screenshots/${test.info().project.name}`;
  for (const [name, address] of Object.entries(everyPage())) {
    await page.goto(address);
    await expect(page.locator('h1')).toBeVisible();
    await expect(page.locator('[role=status] .mantine-Skeleton-root')).toHaveCount(0);
    // Charts grow into their places.
    await page.waitForTimeout(name === 'dashboard' ? 1_500 : 200);
    await page.screenshot({ path: `${folder}/${name.replaceAll(' ', '-')}.png`, fullPage: true });
  }
  await page.goto(everyPage()['run']!);
  await page.locator('.reading button').first().click();
  await expect(page.getByRole('dialog').locator('mark')).toBeVisible();
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${folder}/citation.png` });
});

test.describe('signed out', () => {
  test.use({ signedIn: false });
  test('sign-in', async ({ page }) => {
    await page.goto('/');
    await expect(page.locator('form')).toBeVisible();
    await page.screenshot({ path: `screenshots/${test.info().project.name}/sign-in.png` });
  });
});
