import { newId } from '../../../shared/runtime/ids.ts';
import type { ProductRecord } from '../../../shared/store/collections/products.ts';
import { writable } from '../../../shared/store/writable.ts';
import { productRequest, variantRequest } from '../../testing/requests.ts';
import type { TestApi, TestShop } from '../../testing/start-test-api.ts';
import { toProductRecord } from '../create-product.ts';
import type { ProductRequest } from '../schemas.ts';

/** The fields of a listed product that tests use. */
export interface Shown {
  readonly id: string;
  readonly title: string;
}

/** A page of a listing. */
export interface Page {
  readonly items: readonly Shown[];
  readonly nextCursor: string | null;
}

const PAGES_MAX = 100;

/** Creates a separate shop, so that its lists contain only the products of the test. */
export function givenOwnShop(api: TestApi): Promise<TestShop> {
  return api.withScopes({ ...api.shopA, shopId: newId('shp') }, ['catalog:write']);
}

/** Returns the changes that give a product this price. */
export function priced(price: number) {
  return { variants: [variantRequest({ price })] };
}

/**
 * Stores products and their stock levels as the API would, but directly in the database. The
 * products are published by default.
 */
export async function givenProducts(
  api: TestApi,
  { shopId }: TestShop,
  changes: readonly Record<string, unknown>[],
): Promise<ProductRecord[]> {
  const { store } = api.context;
  const products = changes.map((change): ProductRecord => {
    const { status = 'published', ...rest } = change;
    const record = toProductRecord(shopId, productRequest(rest) as ProductRequest, new Date());
    return { ...record, status: status as ProductRecord['status'] };
  });
  await store.products.insertMany(products);
  const counters = { onHand: 0, reserved: 0, sold: 0, version: 0 };
  const levels = products.flatMap(({ _id: productId, variants }) =>
    variants.map(({ id }) => ({ _id: id, productId, shopId, ...counters })),
  );
  await writable(store).stock.insertMany(levels);
  return products;
}

/** Sets the stock of all variants of the products directly in the database, without the ledger. */
export async function givenStock(
  { context }: TestApi,
  products: readonly ProductRecord[],
  onHand: number,
  reserved = 0,
): Promise<void> {
  const productId = { $in: products.map(({ _id }) => _id) };
  await writable(context.store).stock.updateMany({ productId }, { $set: { onHand, reserved } });
}

/** Reads all pages of a list; `between` runs before each further page. */
export async function readPages(
  shop: TestShop,
  path: string,
  between?: () => Promise<unknown>,
): Promise<(readonly Shown[])[]> {
  const pages: (readonly Shown[])[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    if (pages.length === PAGES_MAX) throw new Error(`${path} has no end`);
    const answer: { status: number; body: Page } = await shop.get<Page>(
      `${path}${cursor && `&cursor=${cursor}`}`,
    );
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}`);
    pages.push(answer.body.items);
    cursor = answer.body.nextCursor;
    if (cursor !== null) await between?.();
  }
  return pages;
}

/** Returns the titles on all pages, in their order. */
export function titlesIn(pages: readonly (readonly Shown[])[]): string[] {
  return pages.flat().map(({ title }) => title);
}
