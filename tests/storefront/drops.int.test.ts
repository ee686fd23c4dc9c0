import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { type Buyer, givenBuyer } from './given-buyer.ts';

const HOUR_MS = 3_600_000;
const api = await openTestApi();
const { ledger, store } = api.context;

/** Puts a product with its own title on sale, with these terms. */
async function givenProduct(title: string, onHand: number, terms: object = {}) {
  const product = await givenForSale(api.shopA, { onHand });
  const changes = { title, ...terms };
  const { status } = await api.shopA.send('PATCH', `/v1/products/${product.productId}`, changes);
  expect(status).toBe(200);
  return product;
}

/** Returns a time as the storefront shows it. */
const toShownTime = (at: Date) =>
  `${at.getUTCDate()} ${at.toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' })} at ${at.toISOString().slice(11, 16)} UTC`;

/** Puts one unit into the cart, orders it and settles the checkout. Returns the path of its page. */
async function order({ post }: Buyer, variantId: string, fields = {}): Promise<string> {
  await post('/cart', { variantId });
  return sendOrder({ post }, fields);
}

/** Orders the cart and settles the checkout. Returns the path of its page. */
async function sendOrder({ post }: Pick<Buyer, 'post'>, fields = {}): Promise<string> {
  const path = (await post('/checkout', fields)).headers.get('location') ?? '';
  await settleCheckouts(ledger, [path.split('/').at(-1) ?? '']);
  return path;
}

test('a product is shown with its sale times, and can be bought only between them', async () => {
  const soon = new Date(Date.now() + HOUR_MS);
  const past = new Date(Date.now() - HOUR_MS);
  const { productId, variantId } = await givenProduct('Kite', 3, { saleFrom: soon });
  const { read, post } = await givenBuyer(api);
  const early = await read('/?q=Kite');
  expect(early).toContain(`On sale from ${toShownTime(soon)}.`);
  expect(early).toContain('Kite');
  expect(early).not.toContain('Add to cart');
  await post('/cart', { variantId });
  const refused = await (await post('/checkout')).text();
  expect(refused).toContain(`On sale from ${toShownTime(soon)}.`);
  expect(refused).toContain('<button>Order</button>');
  const open = { saleFrom: null, saleUntil: soon };
  await api.shopA.send('PATCH', `/v1/products/${productId}`, open);
  expect(await read('/?q=Kite')).toContain('Add to cart');
  await store.products.updateOne({ _id: productId }, { $set: { saleUntil: past } });
  const late = await read('/?q=Kite');
  expect(late).toContain('The sale is over.');
  expect(late).not.toContain('Add to cart');
});

test('a product shows its purchase limit, and a cart beyond it shows what the buyer may still buy', async () => {
  const limit = { purchaseLimit: { quantity: 1, days: 30 } };
  const { variantId } = await givenProduct('Drum', 5, limit);
  const buyer = await givenBuyer(api);
  expect(await buyer.read('/?q=Drum')).toContain('At most 1 for each buyer in 30 days.');
  expect(await buyer.read(await order(buyer, variantId))).toContain('Your order is placed');
  await buyer.post('/cart', { variantId });
  expect(await buyer.read('/cart')).toMatch(/Drum.*: you may not buy any more\./);
  const refused = await buyer.read(await sendOrder(buyer));
  expect(refused).toContain('as many of these as one buyer may buy');
  expect(refused).toContain('Your order that is not paid yet holds 1 of these');
});

test('a cart shows a changed price once, before the buyer orders', async () => {
  const { productId, variantId } = await givenProduct('Globe', 5);
  const buyer = await givenBuyer(api);
  await buyer.post('/cart', { variantId });
  expect(await buyer.read('/cart')).not.toContain('aria-label="Changes"');
  const price = { 'variants.0.price': 5_900 };
  await store.products.updateOne({ _id: productId }, { $set: price });
  const changed = /Globe.*: the price was £49\.00 and is £59\.00 now\./;
  // A process reads prices again after at most a second.
  await expect.poll(() => buyer.read('/cart')).toMatch(changed);
  expect(await buyer.read('/cart')).not.toMatch(changed);
});

test('a buyer whose own order holds the last unit sees this in the cart and in the refusal', async () => {
  const { variantId } = await givenProduct('Harp', 1);
  const buyer = await givenBuyer(api);
  await order(buyer, variantId);
  const hold = /order that is not paid yet holds 1 of these until \d+ \w+ at \d\d:\d\d UTC/;
  await buyer.post('/cart', { variantId });
  const cart = await buyer.read('/cart');
  expect(cart).toMatch(/Harp.*: sold out\./);
  expect(cart).toMatch(hold);
  const refused = await buyer.read(await sendOrder(buyer));
  expect(refused).toContain('an order of yours holds the units');
  expect(refused).toMatch(hold);
  expect(refused).toContain('href="/orders"');
});

test('a waiting buyer sees its place, and can stop waiting; other buyers cannot withdraw its checkout', async () => {
  const { variantId } = await givenProduct('Oboe', 0);
  const [first, second] = [await givenBuyer(api), await givenBuyer(api)];
  const wait = { wait: 'yes' };
  const firstPath = await order(first, variantId, wait);
  const secondPath = await order(second, variantId, wait);
  expect(await first.read(firstPath)).toContain('You are next in line.');
  expect(await second.read(secondPath)).toContain('1 order comes before yours.');
  expect((await second.post(`${firstPath}/withdraw`)).status).toBe(404);
  for (let times = 0; times < 2; times += 1) {
    const answer = await first.post(`${firstPath}/withdraw`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, firstPath]);
    const page = await first.read(firstPath);
    expect(page).toContain('You have taken your order back.');
    expect(page).not.toContain('Stop waiting');
  }
  // A buyer who got units before the withdrawal keeps them.
  const delivery = { delta: 1, reason: 'delivery' };
  await api.shopA.post(`/v1/inventory/${variantId}/adjustments`, delivery);
  await settleCheckouts(ledger, [secondPath.split('/').at(-1) ?? '']);
  expect((await second.post(`${secondPath}/withdraw`)).status).toBe(303);
  expect(await second.read(secondPath)).toContain('Your order is placed');
});

test('an entry of a draw can be withdrawn', async () => {
  const { variantId } = await givenProduct('Lute', 1);
  const [opensAt, closesAt] = [new Date(), new Date(Date.now() + HOUR_MS)];
  const draw = { variantId, quantity: 1, opensAt, closesAt };
  const { body } = await api.shopA.post<{ id: string }>('/v1/draws', draw);
  const { post, read } = await givenBuyer(api);
  const path = (await post(`/draws/${body.id}/enter`)).headers.get('location') ?? '';
  expect(await read(path)).toContain('Leave the draw');
  expect((await post(`${path}/withdraw`)).status).toBe(303);
  expect(await read(path)).toContain('You have taken your order back.');
});
