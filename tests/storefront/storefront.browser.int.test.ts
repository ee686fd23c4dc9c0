import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lastunit } from '../../client/index.ts';
import { STOREFRONT_SCOPES } from '../../commands/seed/demo-keys.ts';
import { createStorefront } from '../../examples/storefront/app.ts';
import { createApiKey } from '../../shared/access/api-key-record.ts';
import { SCOPES, type Scope } from '../../shared/domain/scopes.ts';
import { browserForFile } from '../../shared/testing/browser.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { collectFaults, measureOverflow } from '../../shared/testing/page-faults.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type System, startSystem } from '../rig/system.ts';

const openBrowser = browserForFile();
const namespace = testNamespace();
const store = await openTestStore(namespace);
const TITLE = 'Lamp <script>alert(1)</script>';
const DRAWN = 'Vase';
const NOTE = 'Ring <b>twice</b> & wait';
/** Far longer than two buyers need to enter; the test closes the draw after that. */
const OPEN_MS = 600_000;
const PHONE = { width: 360, height: 740 };
let system: System;
const servers: ReturnType<typeof serve>[] = [];
let url: string;
let seller: Lastunit;
let storefrontKey: string;

beforeAll(async () => {
  system = await startSystem(namespace, { workers: 1 });
  const shopId = await givenShop(store);
  const issueKey = async (scopes: readonly Scope[]) =>
    (await createApiKey(store, { shopId, name: 'test', scopes }, new Date())).apiKey;
  seller = new Lastunit({ baseUrl: system.apiUrl, apiKey: await issueKey(SCOPES) });
  const variants = [{ sku: 'LAMP', title: 'Black', price: 4_500, currency: 'GBP' } as const];
  const product = await seller.products.create({ title: TITLE, type: 'electronics', variants });
  await seller.products.publish(product.id);
  await seller.inventory.adjust(product.variants[0]?.id ?? '', { set: 1, reason: 'delivery' });
  storefrontKey = await issueKey(STOREFRONT_SCOPES);
  url = await openStorefront();
});

afterAll(async () => {
  for (const server of servers) server.close();
  await system?.stop();
});

/** Opens a storefront, which sends its requests to the API with `sendToApi`. */
async function openStorefront(
  sendToApi: (url: string, init: RequestInit) => Promise<Response> = fetch,
): Promise<string> {
  const connection = { baseUrl: system.apiUrl, apiKey: storefrontKey, fetch: sendToApi };
  const app = createStorefront({ connection, secret: 'a secret' });
  const server = serve({ fetch: app.fetch, port: 0 });
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Creates an open draw of one unit. */
async function givenDraw() {
  const variants = [{ sku: 'VASE', title: 'Blue', price: 9_000, currency: 'GBP' } as const];
  const product = await seller.products.create({ title: DRAWN, type: 'electronics', variants });
  await seller.products.publish(product.id);
  const variantId = product.variants[0]?.id ?? '';
  await seller.inventory.adjust(variantId, { set: 1, reason: 'delivery' });
  const [opensAt, closesAt] = [0, OPEN_MS].map((ms) => new Date(Date.now() + ms).toISOString());
  if (opensAt === undefined || closesAt === undefined) throw new RangeError('no times');
  return seller.draws.create({ variantId, quantity: 1, opensAt, closesAt });
}

/** Confirms the orders of a variant, so that its draw rejects the other entries. */
async function confirmOrders(variantId: string): Promise<void> {
  for await (const { id, lines } of seller.orders.list()) {
    if (lines.some((line) => line.variantId === variantId)) {
      await seller.orders.confirm(id, { paymentReference: 'pay-1' });
    }
  }
}

/** Returns the order of the lamp as its seller sees it. */
async function findLampOrder() {
  for await (const order of seller.orders.list()) {
    if (order.lines.some(({ sku }) => sku === 'LAMP')) return order;
  }
  return undefined;
}

const findWaiting = () =>
  store.checkouts.findOne({ status: 'waiting', drawId: { $exists: false } });

/** Puts units of a new product up for sale. */
async function givenForSale(title: string, onHand: number): Promise<string> {
  const variants = [{ sku: title.toUpperCase(), price: 900, currency: 'GBP' } as const];
  const product = await seller.products.create({ title, type: 'furniture', variants });
  await seller.products.publish(product.id);
  const variantId = product.variants[0]?.id ?? '';
  await seller.inventory.adjust(variantId, { set: onHand, reason: 'delivery' });
  return variantId;
}

interface BuyerOptions {
  readonly javaScriptEnabled?: boolean;
  readonly shopUrl?: string;
}

/** Opens the shop as a new buyer who searches for the lamp and puts it into the cart. */
async function buyerWithLamp(options: BuyerOptions = {}) {
  const { page, faults } = await buyerWith('lamp', options);
  await page.getByRole('cell', { name: `${TITLE}, Black`, exact: true }).waitFor();
  return { page, faults };
}

/** Opens the shop as a new buyer who searches for a product and puts it into the cart. */
async function buyerWith(q: string, { shopUrl = url, ...options }: BuyerOptions = {}) {
  const browser = (await openBrowser()).browser();
  if (browser === null) throw new Error('The browser has closed.');
  const page = await (await browser.newContext(options)).newPage();
  const faults = collectFaults(page, shopUrl);
  page.on('dialog', (dialog) => faults.push(dialog.message()));
  await page.goto(shopUrl);
  await page.getByLabel('Search').fill(q);
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('button', { name: new RegExp(`^Add to cart: ${q}`, 'i') }).click();
  await page.getByRole('button', { name: 'Order' }).waitFor();
  return { page, faults };
}

test('two buyers enter a draw; one buyer wins, and the other buyer reads “was not drawn”', async () => {
  const draw = await givenDraw();
  const faults: string[][] = [];
  const enter = async () => {
    const browser = (await openBrowser()).browser();
    const page = await (await browser?.newContext())?.newPage();
    if (page === undefined) throw new Error('The browser has closed.');
    faults.push(collectFaults(page, url));
    await page.goto(`${url}/draws/${draw.id}`);
    await page.getByRole('heading', { name: DRAWN }).waitFor();
    await page.getByRole('button', { name: 'Enter the draw' }).click();
    await page.getByText('You are in the draw').waitFor();
    return page;
  };
  const pages = [await enter(), await enter()];
  await store.draws.updateOne({ _id: draw.id }, { $set: { closesAt: new Date() } });
  const outcomes = pages.map(async (page) => {
    const text = page.getByText(/Your order is placed|was not drawn/);
    await text.waitFor({ timeout: 60_000 });
    const outcome = await text.textContent();
    if (outcome?.includes('placed')) await confirmOrders(draw.variantId);
    return outcome?.includes('placed');
  });
  expect((await Promise.all(outcomes)).toSorted()).toEqual([false, true]);
  const [page] = pages;
  await page?.goto(`${url}/draws/${draw.id}`);
  await page?.getByText('1 to win, 2 entries').waitFor();
  expect(await page?.getByRole('button', { name: /Enter/ }).count()).toBe(0);
  expect(faults.flat()).toEqual([]);
});

test('one buyer gets the last lamp with a note; another buyer without scripts is refused and waits', async () => {
  const late = await buyerWithLamp({ javaScriptEnabled: false });
  const { page, faults } = await buyerWithLamp();
  await page.getByLabel('Name').fill('Ada Lovelace');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Phone').fill('call me');
  await page.getByLabel('Note to the seller').fill(NOTE);
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByRole('alert').filter({ hasText: 'contact.phone' }).waitFor();
  // Browsers report the status of a refused form.
  expect(faults.splice(0)).toEqual([expect.stringContaining('status of 400')]);
  expect(await page.getByLabel('Note to the seller').inputValue()).toBe(NOTE);
  await page.getByLabel('Phone').fill('+44 20 7946 0000');
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByText('Your order is placed').waitFor();
  await page.getByText(`Your note: ${NOTE}`).waitFor();
  expect(await findLampOrder()).toMatchObject({
    contact: { name: 'Ada Lovelace', email: 'ada@example.org', phone: '+44 20 7946 0000' },
    note: NOTE,
  });
  await page.getByRole('link', { name: 'Orders', exact: true }).click();
  await page.getByText('£45.00').waitFor();
  for (const path of ['/', '/cart', '/orders']) {
    await page.setViewportSize(PHONE);
    await page.goto(`${url}${path}`);
    expect([path, await measureOverflow(page)]).toEqual([path, 0]);
  }
  await late.page.getByLabel('E-mail').fill('late@example.org');
  await late.page.getByRole('button', { name: 'Order' }).click();
  await late.page.getByText('Sold out').waitFor();
  await late.page.getByRole('button', { name: 'Wait for it' }).click();
  await late.page.getByText('as soon as units come back').waitFor();
  expect(await findWaiting()).toMatchObject({ contact: { email: 'late@example.org' } });
  await late.page.getByRole('link', { name: 'Orders', exact: true }).click();
  await late.page.getByText('You have no orders').waitFor();
  await late.page.getByRole('link', { name: 'Catalogue' }).click();
  expect(await late.page.getByRole('button', { name: /^Sold out: Lamp/ }).isDisabled()).toBe(true);
  expect([...faults, ...late.faults]).toEqual([]);
});

test('a page that shows a queued checkout is updated when the checkout begins to wait', async () => {
  await givenForSale('Stool', 1);
  // The first answer about a waiting checkout shows it as queued, as if no worker had settled it
  // yet.
  const seen = new Set<string>();
  const showQueued = async (target: string, init: RequestInit) => {
    const answer = await fetch(target, init);
    if (!/\/v1\/checkouts\/\w+$/.test(target)) return answer;
    const text = await answer.text();
    const isFirst = text.includes('"status":"waiting"') && !seen.has(target);
    if (isFirst) seen.add(target);
    return new Response(isFirst ? text.replace('"waiting"', '"queued"') : text, answer);
  };
  const shopUrl = await openStorefront(showQueued);
  const [first, second] = [await buyerWith('Stool'), await buyerWith('Stool', { shopUrl })];
  await first.page.getByRole('button', { name: 'Order' }).click();
  await first.page.getByText('Your order is placed').waitFor();
  await second.page.getByRole('button', { name: 'Order' }).click();
  await second.page.getByText('Sold out').waitFor();
  await second.page.getByRole('button', { name: 'Wait for it' }).click();
  await second.page.getByText('as soon as units come back').waitFor();
  expect(seen.size).toBe(1);
  await first.page.getByRole('button', { name: /^Cancel: / }).click();
  await second.page.getByText('Your order is placed').waitFor();
  expect([...first.faults, ...second.faults]).toEqual([]);
});

test('buyers who wait see their place move up when another buyer stops waiting', async () => {
  await givenForSale('Easel', 1);
  const [first, second, third] = [
    await buyerWith('Easel'),
    await buyerWith('Easel'),
    await buyerWith('Easel'),
  ];
  await first.page.getByRole('button', { name: 'Order' }).click();
  await first.page.getByText('Your order is placed').waitFor();
  for (const { page } of [second, third]) {
    await page.getByRole('button', { name: 'Order' }).click();
    await page.getByRole('button', { name: 'Wait for it' }).click();
    await page.getByText('as soon as units come back').waitFor();
  }
  await third.page.getByText('1 order comes before yours.').waitFor();
  const loads: string[] = [];
  third.page.on('load', (page) => loads.push(page.url()));
  await second.page.getByRole('button', { name: 'Stop waiting' }).click();
  await second.page.getByText('You have taken your order back').waitFor();
  await third.page.getByText('You are next in line.').waitFor();
  expect(loads).toEqual([]);
  expect([...first.faults, ...second.faults, ...third.faults]).toEqual([]);
});

test('a buyer without scripts pays one order and cancels another; other buyers can do neither', async () => {
  await givenForSale('Chair', 9);
  const { page, faults } = await buyerWith('Chair', { javaScriptEnabled: false });
  await page.getByRole('button', { name: 'Order' }).click();
  await page.getByText(/^Reserved until \d+ \w+ at \d\d:\d\d UTC\. /).waitFor();
  await page.getByRole('button', { name: 'Pay (demo): 1 × Chair' }).click();
  await page.getByText('paid', { exact: true }).waitFor();
  expect(await page.getByRole('button').count()).toBe(0);
  await page.goto(url);
  await page.getByRole('button', { name: /^Add to cart: Chair/ }).click();
  await page.getByRole('button', { name: 'Order' }).click();
  const cancel = page.getByRole('button', { name: 'Cancel: 1 × Chair' });
  await cancel.waitFor();
  const orders = (await seller.orders.list().toArray(50)).filter(({ lines }) =>
    lines.some(({ sku }) => sku === 'CHAIR'),
  );
  expect(orders.map(({ status }) => status)).toEqual(['pending', 'confirmed']);
  const [pending, paid] = orders;
  expect(paid?.paymentReference).toBe(`demo-${paid?.id}`);
  for (const action of ['pay', 'cancel']) {
    const init = { method: 'POST', headers: { origin: url } } as const;
    expect((await fetch(`${url}/orders/${pending?.id}/${action}`, init)).status).toBe(404);
  }
  await cancel.click();
  await page.getByText('cancelled', { exact: true }).waitFor();
  expect(await seller.orders.get(pending?.id ?? '')).toMatchObject({ status: 'cancelled' });
  expect(faults).toEqual([]);
});

test('a form that is sent twice leads to the same checkout both times', async () => {
  const variantId = await givenForSale('Bowl', 5);
  const shopId = await givenShop(store);
  const key = { shopId, name: 'test', scopes: STOREFRONT_SCOPES };
  const { apiKey } = await createApiKey(store, key, new Date());
  // Carts are shown as they were before the first form arrived.
  const showOpen = async (target: string, init: RequestInit) => {
    const answer = await fetch(target, init);
    if (!/\/v1\/carts\/\w+$/.test(target)) return answer;
    const text = (await answer.text()).replace('"isCheckedOut":true', '"isCheckedOut":false');
    return new Response(text, answer);
  };
  const connection = { baseUrl: system.apiUrl, apiKey, fetch: showOpen };
  const app = createStorefront({ connection, secret: 'a secret' });
  const [cookie = ''] = (await app.request('/cart')).headers.get('set-cookie')?.split(';') ?? [];
  const post = async (path: string, fields: Record<string, string> = {}) => {
    const body = new URLSearchParams(fields);
    const headers = { cookie, origin: 'http://localhost' };
    const answer = await app.request(path, { method: 'POST', headers, body });
    return [answer.status, answer.headers.get('location')];
  };
  await post('/cart', { variantId });
  const first = await post('/checkout');
  expect(first).toEqual([303, expect.stringMatching(/^\/checkouts\/chk_/)]);
  expect(await post('/checkout')).toEqual(first);
});
