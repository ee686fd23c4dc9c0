import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const openBrowser = browserForFile();
const PHONE = { width: 360, height: 740 };
let system: InProcessSystem;

beforeAll(async () => {
  system = await startInProcessSystem(testNamespace());
});
afterAll(() => system?.close());

async function openPage(path: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(`${system.url}${path}`);
  return { page, complaints };
}

/** Posts a checkout of a buyer and returns its id. */
async function buy(variantId: string, buyerId: string, quantity: number): Promise<string> {
  const body = { buyerId, lines: [{ variantId, quantity }] };
  const headers = {
    'idempotency-key': `${variantId}-${buyerId.replace(' ', '-')}`,
    prefer: 'wait=20',
  };
  const answer = await system.shopA.send<{ id: string }>('POST', '/v1/checkouts', body, headers);
  return answer.body.id;
}

test('an operator finds the refused checkout of a buyer in three clicks', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 3 });
  await buy(variantId, 'Ada', 2);
  const refused = await buy(variantId, 'Bob Shopper', 2);
  const indexed = () => system.context.store.search.countDocuments({ _id: refused });
  await expect.poll(indexed).toBe(1);

  const { page, complaints } = await openPage('/ops');
  await page.getByRole('link', { name: 'Search' }).click();
  await page.getByRole('searchbox').fill('bob shopper');
  await page.getByRole('button', { name: 'Find' }).click();
  await page.getByRole('link', { name: refused }).click();

  await expect
    .poll(() => page.locator('#explanation').textContent())
    .toMatch(
      /^It was refused because 2 units of .+ were requested and 1 could be had, at version 2 /,
    );
  expect(await page.locator('#found tbody tr').allInnerTexts()).toEqual([
    expect.stringContaining('rejected: out_of_stock'),
  ]);
  const stages = await page.locator('#waterfall tbody tr td:first-child').allInnerTexts();
  expect(stages.slice(0, 5)).toEqual(['request', 'queued', 'lock', 'settling', 'commit']);
  expect(complaints).toEqual([]);
  expect(new URL(page.url()).searchParams.get('checkout')).toBe(refused);
});

test('the search works by the keyboard, and fits on a phone', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 3 });
  const placed = await buy(variantId, 'Eve', 1);
  const { page, complaints } = await openPage('/ops/search');
  await page.setViewportSize(PHONE);
  // Until the page's script listens, the form cannot be sent.
  await page.locator('button:enabled', { hasText: 'Find' }).waitFor();
  await page.keyboard.type(placed);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: placed }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.locator('#explanation').textContent()).toContain('It was placed');
  const width = 'document.documentElement.scrollWidth';
  expect(await page.evaluate(width)).toBeLessThanOrEqual(PHONE.width);
  expect(complaints).toEqual([]);
});
