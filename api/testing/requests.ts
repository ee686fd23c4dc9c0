import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { TestApi, TestShop } from './start-test-api.ts';

/** The fields of a product that tests use. */
export interface ShownProduct {
  readonly id: string;
  readonly shopId: string;
  readonly status: string;
  readonly variants: readonly {
    readonly id: string;
    readonly sku: string;
    readonly price: number;
    readonly available: number;
  }[];
}

/** A product with one variant for sale. */
export interface GivenProduct {
  readonly productId: string;
  readonly variantId: string;
}

let count = 0;

/** A valid request for a product with a unique SKU. */
export function productRequest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: 'Linen shirt',
    description: 'Cool in summer.',
    type: 'clothing',
    attributes: { material: 'linen', color: 'white' },
    variants: [variantRequest()],
    ...changes,
  };
}

/** A valid request for a variant with a unique SKU and options. */
export function variantRequest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  count += 1;
  return {
    sku: `SKU-${count}`,
    title: 'Size M',
    price: 4_900,
    currency: 'GBP',
    options: { size: `M ${count}` },
    ...changes,
  };
}

/** A valid request for a discount with a unique code: 10 % off all products. */
export function discountRequest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  count += 1;
  return {
    code: `CODE-${count}`,
    kind: 'percentage',
    value: 10,
    startsAt: '2020-01-01T00:00:00Z',
    endsAt: '2100-01-01T00:00:00Z',
    appliesTo: 'all',
    ...changes,
  };
}

/** The fields of a discount that tests use. */
export interface ShownDiscount {
  readonly id: string;
  readonly code: string;
  readonly uses: number;
  readonly remaining?: number;
  readonly status: string;
}

/** Creates a discount through the API. */
export async function givenDiscount(
  shop: TestShop,
  changes: Record<string, unknown> = {},
): Promise<ShownDiscount> {
  const request = discountRequest(changes);
  const { body, status } = await shop.post<ShownDiscount>('/v1/discounts', request);
  if (status !== 201) throw new Error(`the discount was not created: ${JSON.stringify(body)}`);
  return body;
}

/** Puts a product with one variant on sale through the API. */
export async function givenForSale(
  shop: Pick<TestShop, 'post'>,
  { onHand = 10, price = 4_900, currency = 'GBP' } = {},
): Promise<GivenProduct> {
  const request = productRequest({ variants: [variantRequest({ price, currency })] });
  const { body, status } = await shop.post<ShownProduct>('/v1/products', request);
  const variantId = body.variants[0]?.id;
  if (status !== 201 || variantId === undefined) throw new Error('the product was not created');
  if (onHand > 0) {
    await shop.post(`/v1/inventory/${variantId}/adjustments`, { set: onHand, reason: 'delivery' });
  }
  await shop.post(`/v1/products/${body.id}/publish`);
  return { productId: body.id, variantId };
}

/** Places a checkout as a storefront and settles it as a worker. Returns the ids of its orders. */
export async function givenOrders(
  api: TestApi,
  storefront: TestShop,
  variantIds: readonly string[],
  { buyerId = 'buyer-1', quantity = 2, discountCodes = [] as readonly string[] } = {},
): Promise<{ readonly checkoutId: string; readonly orderIds: readonly string[] }> {
  count += 1;
  const lines = variantIds.map((variantId) => ({ variantId, quantity }));
  const codes = discountCodes.length === 0 ? {} : { discountCodes };
  const body = { buyerId, lines, ...codes };
  const headers = { 'idempotency-key': `given-${count}` };
  const posted = await storefront.post('/v1/checkouts', body, headers);
  const [settled] = await settleCheckouts(api.context.ledger, [posted.body.id]);
  if (settled?.status !== 'placed') throw new Error(`the checkout is ${settled?.status}`);
  return { checkoutId: settled.checkoutId, orderIds: settled.orderIds };
}
