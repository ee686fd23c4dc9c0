import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { TEST_OPERATOR } from '../../api/testing/start-test-api.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { readFocused, tabTo } from '../../shared/testing/keyboard.ts';
import { collectFaults } from '../../shared/testing/page-faults.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

const openBrowser = browserForFile();
const SHOWN_MS = 30_000;

const namespace = testNamespace();
let system: InProcessSystem;

beforeAll(async () => {
  const demoSale = { units: 8, buyers: 24, arriveMs: 1_000 };
  system = await startInProcessSystem(namespace, { isOpsWritable: true, demoSale });
});
afterAll(() => system?.close());

async function openObservatory(): Promise<{ page: Page; complaints: string[] }> {
  const page = await (await openBrowser(TEST_OPERATOR)).newPage();
  const complaints = collectFaults(page, system.url);
  await page.goto(`${system.url}/ops`);
  await page.getByText('Live', { exact: true }).waitFor();
  return { page, complaints };
}

function checkOut(variantId: string, buyerId: string, more: object) {
  const body = { buyerId, lines: [{ variantId, quantity: 1 }], ...more };
  const headers = { 'idempotency-key': `${variantId}-${buyerId}` };
  return system.shopA.post<{ id: string; status: string }>('/v1/checkouts', body, headers);
}

test('a sale is looked up and ended, which also ends the waits for its product', async () => {
  const { page, complaints } = await openObservatory();
  const { productId, variantId } = await givenForSale(system.shopA, { onHand: 1 });
  const { store } = system.context;
  const findStatus = async (id: string) => (await store.checkouts.findOne({ _id: id }))?.status;
  const expectStatus = (id: string) => expect.poll(() => findStatus(id), { timeout: SHOWN_MS });
  const { body: first } = await checkOut(variantId, 'first', {});
  await expectStatus(first.id).toBe('placed');
  const waitUntil = new Date(Date.now() + 600_000).toISOString();
  const { body: waiting } = await checkOut(variantId, 'second', { whenSoldOut: { waitUntil } });
  await expectStatus(waiting.id).toBe('waiting');

  await page.getByLabel('Product, variant or SKU').fill(variantId);
  await page.keyboard.press('Enter');
  await page.getByText('1 product.').waitFor();
  const button = page.locator('#sales').getByRole('button');
  await button.click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await store.products.findOne({ _id: productId })).not.toHaveProperty('saleUntil');
  await button.click();
  await page.getByRole('dialog').getByRole('button', { name: 'End the sale' }).click();
  await page.getByText(/^The sale of .+ has ended\.$/).waitFor();
  expect(await button.isDisabled()).toBe(true);
  const outcome = async () => (await store.checkouts.findOne({ _id: waiting.id }))?.rejection?.code;
  await expect.poll(outcome, { timeout: SHOWN_MS }).toBe('wait_over');
  expect(complaints).toEqual([]);
});

test('a sale is looked up and ended by the keyboard alone', async () => {
  const { page, complaints } = await openObservatory();
  const { productId, variantId } = await givenForSale(system.shopA, { onHand: 1 });
  const { store } = system.context;
  await tabTo(page, 'Product, variant or SKU');
  await page.keyboard.type(variantId);
  await page.keyboard.press('Enter');
  await page.getByText('1 product.').waitFor();
  await tabTo(page, 'End the sale of ');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: /^End the sale of / });
  await dialog.waitFor();
  expect(await readFocused(page)).toBe('Cancel');
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'hidden' });
  expect(await store.products.findOne({ _id: productId })).not.toHaveProperty('saleUntil');
  // The focus is on the button again.
  await page.keyboard.press('Enter');
  await dialog.waitFor();
  await tabTo(page, 'End the sale');
  await page.keyboard.press('Enter');
  await page.getByText(/^The sale of .+ has ended\.$/).waitFor();
  const { saleUntil } = (await store.products.findOne({ _id: productId })) ?? {};
  expect(saleUntil?.getTime()).toBeLessThanOrEqual(Date.now());
  // The button is disabled now, so the search field has the focus.
  expect(await readFocused(page)).toContain('Product, variant or SKU');
  expect(complaints).toEqual([]);
});

test('a demo sale sells out, and the verdict is ok', async () => {
  const { page, complaints } = await openObservatory();
  await page.getByRole('button', { name: 'Start a demo sale' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start', exact: true }).click();
  await page.getByText(/^24 buyers come for 8 units of DEMO-/).waitFor();
  const rows = () => page.locator('#stock tbody tr').allInnerTexts();
  await expect
    .poll(rows, { timeout: SHOWN_MS })
    .toContainEqual(expect.stringMatching(/^DEMO-\w+\t0\t0\t8\t0$/));
  expect(await page.locator('#verdict').getAttribute('data-status')).toBe('ok');
  expect(complaints).toEqual([]);
});
