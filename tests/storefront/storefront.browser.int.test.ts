import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lastunit } from '../../client/index.ts';
import { createStorefront } from '../../examples/storefront/app.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES } from '../../shared/domain/scopes.ts';
import { openBrowser } from '../../shared/testing/browser.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type System, startSystem } from '../rig/system.ts';

const namespace = testNamespace();
const store = await openTestStore(namespace);
const TITLE = 'Lamp <script>alert(1)</script>';
let system: System;
let server: ReturnType<typeof serve>;
let url: string;

beforeAll(async () => {
  system = await startSystem(namespace, { workers: 1 });
  const key = { shopId: await givenShop(store), name: 'test', scopes: SCOPES };
  const { apiKey } = await createApiKey(store, key, new Date());
  const lastunit = new Lastunit({ baseUrl: system.apiUrl, apiKey });
  const variants = [{ sku: 'LAMP', title: 'Black', price: 4_500, currency: 'GBP' } as const];
  const product = await lastunit.products.create({ title: TITLE, type: 'electronics', variants });
  await lastunit.products.publish(product.id);
  await lastunit.inventory.adjust(product.variants[0]?.id ?? '', { set: 1, reason: 'delivery' });
  server = serve({ fetch: createStorefront({ lastunit, secret: 'a secret' }).fetch, port: 0 });
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server?.close();
  await system?.stop();
});

/** Opens the shop as a new buyer who searches the lamp and puts it into the cart. */
async function buyerWithLamp(options: { readonly javaScriptEnabled?: boolean } = {}) {
  const browser = (await openBrowser()).browser();
  if (browser === null) throw new Error('The browser has closed.');
  const page = await (await browser.newContext(options)).newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('dialog', (dialog) => faults.push(dialog.message()));
  await page.goto(url);
  await page.getByLabel('Search').fill('lamp');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('heading', { name: TITLE }).waitFor();
  await page.getByRole('button', { name: /to the cart/ }).click();
  await page.getByRole('cell', { name: `${TITLE}, Black`, exact: true }).waitFor();
  return { page, faults };
}

test('one buyer gets the last lamp and sees the order; another, without scripts, is refused', async () => {
  const late = await buyerWithLamp({ javaScriptEnabled: false });
  const { page, faults } = await buyerWithLamp();
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByText('Your order is placed').waitFor();
  await page.getByRole('link', { name: 'Orders', exact: true }).click();
  await page.getByText('£45.00').waitFor();
  await late.page.getByRole('button', { name: 'Order' }).click();
  await late.page.getByText('Sold out').waitFor();
  await late.page.getByRole('link', { name: 'Orders', exact: true }).click();
  await late.page.getByText('You have no orders').waitFor();
  await late.page.getByRole('link', { name: 'Catalogue' }).click();
  expect(await late.page.getByRole('button', { name: /to the cart/ }).isDisabled()).toBe(true);
  expect([...faults, ...late.faults]).toEqual([]);
});
