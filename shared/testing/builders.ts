import { settleJobId } from '../contract/jobs.ts';
import { ON_HAND_MAX } from '../contract/limits.ts';
import { toCodeKey } from '../domain/discounts/terms.ts';
import { sumLines } from '../domain/money.ts';
import type { PurchaseLimit } from '../domain/purchase-limits.ts';
import type { PricedLine } from '../domain/vocabulary.ts';
import { adjustStock } from '../ledger/adjust-stock.ts';
import type { LedgerContext } from '../ledger/ledger.ts';
import { openStock } from '../ledger/stock-levels.ts';
import { noLocks } from '../locks/product-locks.ts';
import { systemClock } from '../runtime/clock.ts';
import { lowestIdAt, newId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import type { DiscountRecord } from '../store/collections/discounts.ts';
import { listPersonal } from '../store/collections/personal-checkouts.ts';
import type { ProductRecord } from '../store/collections/products.ts';
import { toWaitWithoutKeys } from '../store/collections/waits.ts';
import type { Store } from '../store/store.ts';
import { inTransaction } from '../store/transaction.ts';

const RESERVATION_TTL_MS = 900_000;

/** A variant to buy: a line without its quantity. */
export type GivenVariant = Omit<PricedLine, 'quantity'>;

interface VariantSpec {
  /** Units added by an adjustment. Without an adjustment, the variant stays at version 0. */
  readonly onHand?: number;
  /** In minor units; 1,000 by default. */
  readonly price?: number;
  /** Variants with the same `product` belong to one product. By default, each has its own. */
  readonly product?: string;
  /** Variants with the same `shop` belong to one new shop; so do all variants without a `shop`. */
  readonly shop?: string;
  readonly status?: ProductRecord['status'];
  /** The purchase limit of this variant. */
  readonly limit?: PurchaseLimit;
  /** The purchase limit of its product. */
  readonly productLimit?: PurchaseLimit;
}

/** Creates a ledger without locks that uses the system's clock. */
export function givenLedger(store: Store, overrides: Partial<LedgerContext> = {}): LedgerContext {
  return {
    store,
    locks: noLocks,
    clock: systemClock,
    reservationTtlMs: RESERVATION_TTL_MS,
    ...overrides,
  };
}

/** Stores a new shop and returns its id. */
export async function givenShop(store: Store): Promise<string> {
  const _id = newId('shp');
  const email = `${_id.toLowerCase()}@example.com`;
  await store.shops.insertOne({
    _id,
    name: `Shop ${_id}`,
    email,
    createdAt: new Date(),
  });
  return _id;
}

/**
 * Stores a variant with its product and stock for each item of `specs`. The products are published
 * by default.
 */
export async function givenVariants<const Specs extends readonly VariantSpec[]>(
  store: Store,
  specs: Specs,
): Promise<{ -readonly [Index in keyof Specs]: GivenVariant }> {
  const shopIds = new Map<string, string>();
  for (const { shop = '' } of specs) {
    if (!shopIds.has(shop)) shopIds.set(shop, await givenShop(store));
  }
  const productIds = new Map<string, string>();
  const variants = specs.map(({ product, shop = '', price = 1_000 }): GivenVariant => {
    const variantId = newId('var');
    const name = product === undefined ? variantId : `${shop}/${product}`;
    const productId = productIds.get(name) ?? newId('prd');
    productIds.set(name, productId);
    const shopId = shopIds.get(shop) ?? '';
    return { variantId, productId, shopId, sku: variantId, title: 'A thing', unitPrice: price };
  });
  await storeProducts(store, variants, specs);
  await adjustStock(
    givenLedger(store),
    variants.flatMap(({ variantId, productId }, index) => {
      const delta = specs[index]?.onHand;
      if (delta === undefined) return [];
      const common = { reason: 'delivery', actor: 'test', onHandMax: ON_HAND_MAX };
      return [{ movementId: newId('mov'), variantId, productId, amount: { delta }, ...common }];
    }),
  );
  return variants as { -readonly [Index in keyof Specs]: GivenVariant };
}

async function storeProducts(
  store: Store,
  variants: readonly GivenVariant[],
  specs: readonly VariantSpec[],
): Promise<void> {
  const products = new Map<string, ProductRecord>();
  const now = new Date();
  variants.forEach(({ variantId, productId, shopId, sku, unitPrice, title }, index) => {
    const { limit: purchaseLimit, productLimit } = specs[index] ?? {};
    const terms = { id: variantId, sku, price: unitPrice, currency: 'GBP' };
    const variant = { ...terms, ...(purchaseLimit && { purchaseLimit }) };
    products.set(productId, {
      _id: productId,
      shopId,
      title,
      type: 'clothing',
      attributes: {},
      status: specs[index]?.status ?? 'published',
      variants: [...(products.get(productId)?.variants ?? []), variant],
      ...(productLimit && { purchaseLimit: productLimit }),
      createdAt: now,
      updatedAt: now,
    });
  });
  await inTransaction(store, async (session) => {
    await store.products.insertMany([...products.values()], { session });
    await openStock(store, session, [...products.values()]);
  });
}

/** Creates a line with this quantity of a variant. */
export function toPricedLine(variant: GivenVariant, quantity = 1): PricedLine {
  return { ...variant, quantity };
}

type CheckoutSpec = { readonly lines: readonly PricedLine[] } & Partial<
  Omit<CheckoutRecord, 'lines'>
>;

/** Stores one accepted checkout, queued by default; its id encodes `receivedAt`. */
export async function givenCheckout(store: Store, spec: CheckoutSpec): Promise<CheckoutRecord> {
  const [checkout] = await givenCheckouts(store, [spec]);
  if (checkout === undefined) throw new RangeError('no checkout was stored');
  return checkout;
}

/** Stores accepted checkouts, queued by default, whose ids are in the order of `specs`. */
export async function givenCheckouts(
  store: Store,
  specs: readonly CheckoutSpec[],
): Promise<CheckoutRecord[]> {
  const checkouts = specs.map(toCheckout);
  if (checkouts.length > 0) await store.checkouts.insertMany(checkouts);
  // Without keys: tests let one buyer wait several times.
  const waits = checkouts.flatMap((checkout) => toWaitWithoutKeys(checkout) ?? []);
  if (waits.length > 0) await store.waits.insertMany(waits);
  const personal = listPersonal(checkouts);
  if (personal.length > 0) await store.personalCheckouts.insertMany(personal);
  return checkouts;
}

const HOUR_MS = 3_600_000;

/** Stores an active discount of the shop. By default it takes 1 off and is valid for an hour. */
export async function givenDiscount(
  store: Store,
  shopId: string,
  terms: Partial<DiscountRecord> = {},
): Promise<DiscountRecord> {
  const _id = newId('dsc');
  const code = terms.code ?? _id;
  const now = new Date();
  const discount: DiscountRecord = {
    _id,
    shopId,
    code,
    codeKey: toCodeKey(code),
    kind: 'fixed',
    value: 1,
    startsAt: now,
    endsAt: new Date(now.getTime() + HOUR_MS),
    isCombinable: true,
    isActive: true,
    uses: 0,
    version: 0,
    revision: 0,
    createdAt: now,
    updatedAt: now,
    ...terms,
  };
  await store.discounts.insertOne(discount);
  return discount;
}

/** Returns the fields of a checkout whose discounts each take 1 off its first line. */
export function withDiscounts(
  lines: readonly PricedLine[],
  discounts: readonly DiscountRecord[],
  buyerKey: string,
): Pick<CheckoutRecord, 'lines' | 'total' | 'discounts' | 'buyerKey'> {
  const [first, ...rest] = lines;
  if (first === undefined) throw new RangeError('a checkout has at least one line');
  const discount = discounts.length;
  return {
    lines: discount === 0 ? lines : [{ ...first, discount }, ...rest],
    total: sumLines(lines) - discount,
    discounts: discounts.map(({ _id, shopId, code }) => ({
      discountId: _id,
      shopId,
      code,
      amount: 1,
    })),
    buyerKey,
  };
}

let checkoutCount = 0;

/** Ids encode `receivedAt`, and the creation order of checkouts received at the same time. */
function checkoutIdAt(receivedAt: Date): string {
  checkoutCount += 1;
  const lowest = lowestIdAt('chk', receivedAt);
  const number = String(checkoutCount);
  return `${lowest.slice(0, -number.length)}${number}`;
}

function toCheckout(spec: CheckoutSpec): CheckoutRecord {
  const receivedAt = spec.receivedAt ?? new Date();
  const _id = checkoutIdAt(receivedAt);
  return {
    _id,
    jobId: settleJobId(_id, 0),
    storefrontId: 'shp_test',
    madeBy: 'key_test',
    buyerId: 'buyer',
    requestHash: '0'.repeat(64),
    status: 'queued',
    currency: 'GBP',
    total: sumLines(spec.lines),
    receivedAt,
    acceptedAt: receivedAt,
    wakeups: 0,
    ...spec,
  };
}
