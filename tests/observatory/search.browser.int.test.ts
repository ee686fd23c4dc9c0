import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { readFocused, tabTo } from '../../shared/testing/keyboard.ts';
import { collectFaults, measureOverflow } from '../../shared/testing/page-faults.ts';
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
  const complaints = collectFaults(page, system.url);
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
      /^It was refused because 2 units of .+ were requested and 1 was available, at version 2 /,
    );
  expect(await page.locator('#found tbody tr').allInnerTexts()).toEqual([
    expect.stringContaining('rejected: out_of_stock'),
  ]);
  const stages = await page.locator('#waterfall tbody tr td:first-child').allInnerTexts();
  expect(stages.slice(0, 5)).toEqual(['request', 'queued', 'lock', 'settling', 'commit']);
  expect(complaints).toEqual([]);
  expect(new URL(page.url()).searchParams.get('checkout')).toBe(refused);
});

test('the keyboard alone leads from the observatory to a refused checkout, on a phone', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 3 });
  const refused = await buy(variantId, 'Eve Typist', 4);
  const indexed = () => system.context.store.search.countDocuments({ _id: refused });
  await expect.poll(indexed).toBe(1);
  const { page, complaints } = await openPage('/ops');
  await page.setViewportSize(PHONE);
  await tabTo(page, 'Search');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/ops/search');
  // The form cannot be sent before the script of the page has loaded.
  await page.locator('button:enabled', { hasText: 'Find' }).waitFor();
  expect(await readFocused(page)).toContain('Id, buyer, SKU or reference');
  await page.keyboard.type('eve typist');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: refused }).waitFor();
  await tabTo(page, refused);
  await page.keyboard.press('Enter');
  await expect
    .poll(() => page.locator('#explanation').textContent())
    .toMatch(/^It was refused because 4 units of .+ were requested and 3 were available/);
  // The focus moves to the result, also for users of screen readers.
  expect(await readFocused(page)).toBe(refused);
  expect(await measureOverflow(page)).toBe(0);
  expect(complaints).toEqual([]);
});

/** Replaces the responses of the search by the results of `answer`; 503 is an error. */
async function stubSearch(page: Page, answer: (query: URLSearchParams) => Promise<object | 503>) {
  await page.route('**/ops/records?*', async (route) => {
    const body = await answer(new URL(route.request().url()).searchParams);
    if (body === 503) await route.fulfill({ status: 503, json: { detail: 'Too slow.' } });
    else await route.fulfill({ json: { indexedUntil: '2026-03-01T09:30:00Z', ...body } });
  });
}

function toItem(id: string) {
  const buyer = { kind: 'checkout', buyerId: 'Ada', status: 'placed', skus: ['TEE-S'] };
  return { id, checkoutId: id, at: '2026-03-01T09:30:00Z', ...buyer, total: 1, currency: 'GBP' };
}

test('text typed before the script has loaded stays', async () => {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const loading = Promise.withResolvers<void>();
  await page.route('**/search.js', async (route) => {
    await loading.promise;
    await route.continue();
  });
  await page.goto(`${system.url}/ops/search`, { waitUntil: 'commit' });
  await page.getByRole('searchbox').fill('typed early');
  loading.resolve();
  await page.locator('button:enabled', { hasText: 'Find' }).waitFor();
  expect(await page.getByRole('searchbox').inputValue()).toBe('typed early');
});

test('a slow answer of an earlier search is ignored', async () => {
  const { page, complaints } = await openPage('/ops/search');
  const slow = Promise.withResolvers<void>();
  await stubSearch(page, async (query) => {
    const q = query.get('q');
    if (q === 'slow') await slow.promise;
    return { items: [toItem(`chk_${q}`)], nextCursor: q === 'slow' ? 'next' : null };
  });
  const find = async (q: string) => {
    await page.getByRole('searchbox').fill(q);
    await page.getByRole('button', { name: 'Find' }).click();
  };
  await find('slow');
  await find('quick');
  await page.getByRole('link', { name: 'chk_quick' }).waitFor();
  const slowResponse = page.waitForResponse(/q=slow/);
  slow.resolve();
  await (await slowResponse).finished();
  await page.evaluate('new Promise((resolve) => setTimeout(resolve))');
  const ids = () => page.locator('#found tbody a').allInnerTexts();
  expect(await ids()).toEqual(['chk_quick']);
  expect(await page.locator('#more').isVisible()).toBe(false);
  expect(complaints).toEqual([]);
});

test('after a failure, “Show more” works again', async () => {
  const { page } = await openPage('/ops/search');
  let isFailing = true;
  await stubSearch(page, async (query) => {
    if (query.get('cursor') === null) return { items: [toItem('chk_1')], nextCursor: 'next' };
    return isFailing ? 503 : { items: [toItem('chk_2')], nextCursor: null };
  });
  await page.getByRole('button', { name: 'Find' }).click();
  const more = page.getByRole('button', { name: 'Show more' });
  await more.click();
  await page.getByText('Too slow.').waitFor();
  isFailing = false;
  await more.click();
  await page.getByText(/^2 results are shown\. The search has all changes until /).waitFor();
  expect(await page.locator('#found tbody a').allInnerTexts()).toEqual(['chk_1', 'chk_2']);
});

test('the URL of the page leads to the same search', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 3 });
  const refused = await buy(variantId, 'Mallory', 4);
  const indexed = () => system.context.store.search.countDocuments({ _id: refused });
  await expect.poll(indexed).toBe(1);
  const { page } = await openPage('/ops/search');
  await page.getByRole('searchbox').fill('mallory');
  await page.getByLabel('Status').selectOption('rejected');
  await page.getByLabel('From').fill('2026-01-02T03:04');
  await page.getByRole('button', { name: 'Find' }).click();
  const link = (searchPage: Page) => searchPage.getByRole('link', { name: refused });
  await link(page).click();
  await page.locator('#explanation', { hasText: 'It was refused' }).waitFor();

  const { pathname, search } = new URL(page.url());
  const { page: other, complaints } = await openPage(`${pathname}${search}`);
  await link(other).waitFor();
  await other.locator('#explanation', { hasText: 'It was refused' }).waitFor();
  expect(await other.getByRole('searchbox').inputValue()).toBe('mallory');
  expect(await other.getByLabel('Status').inputValue()).toBe('rejected');
  expect(await other.getByLabel('From').inputValue()).toBe('2026-01-02T03:04');
  expect(complaints).toEqual([]);

  await page.goBack();
  await page.locator('#checkout-history').waitFor({ state: 'hidden' });
  expect(await link(page).isVisible()).toBe(true);
  await page.goBack();
  await link(page).waitFor({ state: 'hidden' });
  expect(await page.getByRole('searchbox').inputValue()).toBe('');
});
