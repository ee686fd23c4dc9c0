import { z } from 'zod';
import { pause } from '../../shared/runtime/deadline.ts';
import { type Api, type ApiAnswer, describeAnswer } from './api.ts';

/** A product with one variant; `price` is in minor units. */
export interface ProductPlan {
  readonly sku: string;
  readonly title: string;
  readonly price: number;
  readonly currency: string;
}

/** A product that the shop has. */
export interface ShopProduct {
  readonly productId: string;
  readonly variantId: string;
  readonly shopId: string;
  readonly sku: string;
  readonly isPublished: boolean;
  /** Whether it was just created and therefore has no history. */
  readonly isNew: boolean;
}

const product = z.object({
  id: z.string(),
  shopId: z.string(),
  status: z.string(),
  variants: z.array(z.object({ id: z.string(), sku: z.string() })).min(1),
});
const page = z.object({ items: z.array(product), nextCursor: z.string().nullable() });
const imported = z.object({
  created: z.int(),
  errors: z.array(z.object({ line: z.int(), code: z.string(), message: z.string() })),
});
const created = z.object({ id: z.string() });
const level = z.object({ onHand: z.int(), reserved: z.int(), sold: z.int() });

export type SeenLevel = z.output<typeof level>;

const PAGE_ITEMS = 100;
const PAGES_MAX = 20_000;
const IMPORT_TRIES_MAX = 60;
const IMPORT_PAUSE_MS = 1_000;
/** Any type works, because all its attributes are optional. */
const PRODUCT_TYPE = 'furniture';

/** Returns all products of the shop with a single variant, by SKU. */
export async function listShopProducts(api: Api): Promise<Map<string, ShopProduct>> {
  const products = new Map<string, ShopProduct>();
  let cursor: string | null = '';
  for (let pages = 0; pages < PAGES_MAX && cursor !== null; pages += 1) {
    const query = new URLSearchParams({ limit: String(PAGE_ITEMS), ...(cursor && { cursor }) });
    const answer = await api.call({ method: 'GET', path: `/v1/shop/products?${query}` });
    const { items, nextCursor } = page.parse(expectStatus(answer, 200, 'listing products').body);
    for (const item of items) {
      if (item.variants.length > 1) continue;
      const shown = toShopProduct(item, false);
      products.set(shown.sku, shown);
    }
    cursor = nextCursor;
  }
  return products;
}

/**
 * Creates a product as a draft.
 * @returns undefined if the shop has a variant with this SKU, which an earlier attempt of the same
 * request may have created
 */
export async function createProduct(api: Api, plan: ProductPlan): Promise<ShopProduct | undefined> {
  const answer = await api.call({ method: 'POST', path: '/v1/products', body: toRequest(plan) });
  if (answer.status === 409 && answer.body['code'] === 'duplicate_sku') return undefined;
  return toShopProduct(product.parse(expectStatus(answer, 201, `creating ${plan.sku}`).body), true);
}

/**
 * Imports and publishes products. Products whose SKUs the shop already has stay unchanged.
 * @returns whether this call created all products
 * @throws Error if a product cannot be imported for another reason
 */
export async function importProducts(api: Api, plans: readonly ProductPlan[]): Promise<boolean> {
  const lines = plans.map(toRequest);
  const path = '/v1/products/import?mode=report&publish=true';
  for (let tries = 1; ; tries += 1) {
    const answer = await api.call({ method: 'POST', path, lines });
    // An import whose connection was cut may still run when it is sent again.
    if (answer.body['code'] === 'import_in_progress' && tries < IMPORT_TRIES_MAX) {
      await pause(IMPORT_PAUSE_MS);
      continue;
    }
    const { created, errors } = imported.parse(expectStatus(answer, 200, 'importing').body);
    const failed = errors.find(({ code }) => code !== 'duplicate_sku');
    if (failed === undefined) return created === plans.length;
    throw new Error(`importing ${plans[failed.line - 1]?.sku}: ${failed.message}`);
  }
}

/** Publishes a product. Does nothing if it is already published. */
export async function publishProduct(api: Api, { productId, sku }: ShopProduct): Promise<void> {
  const path = `/v1/products/${productId}/publish`;
  expectStatus(await api.call({ method: 'POST', path }), 200, `publishing ${sku}`);
}

/** Sets the units on hand. Unlike a difference, this is safe to repeat. */
export async function setOnHand(
  api: Api,
  variantId: string,
  units: number,
  reason: string,
): Promise<void> {
  const path = `/v1/inventory/${variantId}/adjustments`;
  const answer = await api.call({ method: 'POST', path, body: { set: units, reason } });
  expectStatus(answer, 201, `setting the stock of ${variantId} to ${units}`);
}

/** Limits how many units of a product a buyer may have. */
export async function limitPurchases(
  api: Api,
  { productId, sku }: ShopProduct,
  quantity: number,
): Promise<void> {
  const body = { purchaseLimit: { quantity } };
  const answer = await api.call({ method: 'PATCH', path: `/v1/products/${productId}`, body });
  expectStatus(answer, 200, `setting the purchase limit of ${sku}`);
}

/** Creates a draw of a variant's units that opens now and closes after `openMs`. Returns its id. */
export async function createDraw(
  api: Api,
  variantId: string,
  quantity: number,
  openMs: number,
): Promise<string> {
  const now = Date.now();
  const times = { opensAt: new Date(now), closesAt: new Date(now + openMs) };
  const body = { variantId, quantity, ...times };
  const answer = await api.call({ method: 'POST', path: '/v1/draws', body });
  return created.parse(expectStatus(answer, 201, `creating a draw of ${variantId}`).body).id;
}

/** Reads the current stock level of a variant. */
export async function readLevel(api: Api, variantId: string): Promise<SeenLevel> {
  const answer = await api.call({ method: 'GET', path: `/v1/inventory/${variantId}` });
  return level.parse(expectStatus(answer, 200, `reading the stock of ${variantId}`).body);
}

function toRequest({ title, ...variant }: ProductPlan) {
  return { title, type: PRODUCT_TYPE, variants: [variant] };
}

function expectStatus(answer: ApiAnswer, status: number, action: string): ApiAnswer {
  if (answer.status === status) return answer;
  throw new Error(`${action}: the system responded ${describeAnswer(answer)}`);
}

function toShopProduct(shown: z.output<typeof product>, isNew: boolean): ShopProduct {
  const { id, shopId, status, variants } = shown;
  const [variant] = variants;
  if (variant === undefined) throw new RangeError(`product ${id} has no variant`);
  const isPublished = status === 'published';
  return { productId: id, variantId: variant.id, shopId, sku: variant.sku, isPublished, isNew };
}
