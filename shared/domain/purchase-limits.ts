import type { Claim, Pool } from './allocation.ts';
import { isUsing } from './discounts/uses.ts';
import { countUnits, keptUnits, type Reduction } from './reductions.ts';
import type { OrderStatus, PricedLine } from './vocabulary.ts';

/** The maximum number of units that one buyer may buy: in total, or within this many days. */
export interface PurchaseLimit {
  readonly quantity: number;
  readonly days?: number | undefined;
}

/** The limit of an item: of a product with all its variants, or of one variant. */
export interface ItemLimit extends PurchaseLimit {
  /** The id of the product or of the variant. */
  readonly itemId: string;
  readonly productId: string;
}

/** Limits by the id of their item. */
export type ItemLimits = ReadonlyMap<string, ItemLimit>;

/** A buyer's purchases of a limited item, at one snapshot. */
export interface Purchases {
  /** Units in orders that count. */
  readonly bought: number;
  /** The number of purchases under a limit. */
  readonly version: number;
}

/** Purchases by `toPurchaseId`. */
export type BuyerPurchases = ReadonlyMap<string, Purchases>;

/** A transaction's purchases of one item by one buyer. They must still be at `fromVersion`. */
export interface PurchaseChange {
  readonly purchaseId: string;
  readonly fromVersion: number;
  readonly toVersion: number;
}

/**
 * The limit that applied when an order was placed. `version` is the version that its purchase made.
 */
export interface KeptLimit extends PurchaseLimit {
  readonly itemId: string;
  readonly version: number;
  /**
   * Orders after this time counted. Set only for an expired order that took its units again: it
   * counts as bought when it took them.
   */
  readonly since?: Date;
}

/** The fields of a product with its limits. */
export interface LimitedProduct {
  readonly _id: string;
  readonly purchaseLimit?: PurchaseLimit;
  readonly variants: readonly { readonly id: string; readonly purchaseLimit?: PurchaseLimit }[];
}

type Line = Pick<PricedLine, 'variantId' | 'productId' | 'quantity'>;

/** The fields of a checkout that limits depend on. */
interface Purchaser {
  readonly lines: readonly Line[];
  /** Identifies the buyer (`toBuyerKey`); absent if no line is limited. */
  readonly purchaser?: string | undefined;
}

const DAY_MS = 24 * 3_600_000;

/** Lists the limits of a product: its own, and those of its variants. */
export function listLimits({ _id: productId, purchaseLimit, variants }: LimitedProduct) {
  const limits: ItemLimit[] = [];
  if (purchaseLimit) limits.push({ itemId: productId, productId, ...purchaseLimit });
  for (const { id: itemId, purchaseLimit: own } of variants) {
    if (own) limits.push({ itemId, productId, ...own });
  }
  return limits;
}

/** Returns the id of a buyer's purchases of an item. */
export function toPurchaseId(itemId: string, buyerKey: string): string {
  return `${itemId} ${buyerKey}`;
}

/** Adds up the units of an item: a product's id matches all of its variants. */
export function sumUnits(itemId: string, lines: readonly Line[]): number {
  return lines.reduce(
    (sum, { variantId, productId, quantity }) =>
      variantId === itemId || productId === itemId ? sum + quantity : sum,
    0,
  );
}

/** Lists the limits that apply to these lines, in the order of the lines. */
export function findLimits(lines: readonly Line[], limits: ItemLimits): ItemLimit[] {
  if (limits.size === 0) return [];
  const ids = new Set(lines.flatMap(({ variantId, productId }) => [variantId, productId]));
  return [...ids].flatMap((id) => limits.get(id) ?? []);
}

/** Returns the time after which an order counts; undefined if all orders count. */
export function countedAfter({ days }: PurchaseLimit, at: Date): Date | undefined {
  return days === undefined ? undefined : new Date(at.getTime() - days * DAY_MS);
}

/** The fields of an order that purchase limits count. */
export interface CountedOrder {
  readonly status: OrderStatus;
  readonly placedAt: Date;
  readonly lines: readonly Line[];
  readonly reductions?: readonly Pick<Reduction, 'kind' | 'lines' | 'isRestocked'>[];
  readonly purchaseLimits?: readonly Pick<KeptLimit, 'days' | 'since'>[];
}

/** Returns when an order was bought: when it was placed, or when it took its units again. */
export function toBoughtAt({ placedAt, purchaseLimits = [] }: CountedOrder): Date {
  for (const { days, since } of purchaseLimits) {
    if (days !== undefined && since !== undefined) return new Date(since.getTime() + days * DAY_MS);
  }
  return placedAt;
}

/**
 * Adds up the units of an item that remain in an order. An order that no longer counts has none.
 */
export function sumLeft(itemId: string, { status, lines, reductions }: CountedOrder): number {
  if (!isUsing(status)) return 0;
  if (reductions === undefined) return sumUnits(itemId, lines);
  const units = countUnits({ lines, reductions });
  return units.reduce((sum, line, index) => {
    const { variantId, productId } = lines[index] ?? {};
    return variantId === itemId || productId === itemId ? sum + keptUnits(line) : sum;
  }, 0);
}

/** Counts the units of an item that remain in those orders of a buyer that count at this time. */
export function countBought(limit: ItemLimit, orders: readonly CountedOrder[], at: Date): number {
  const after = countedAfter(limit, at);
  return orders
    .filter((order) => !after || toBoughtAt(order) > after)
    .reduce((sum, order) => sum + sumLeft(limit.itemId, order), 0);
}

/** Claims the units of each limited item from the buyer's pool for this item. */
export function toPurchaseClaims({ lines, purchaser }: Purchaser, limits: ItemLimits): Claim[] {
  if (purchaser === undefined) return [];
  return findLimits(lines, limits).map(({ itemId }) => ({
    poolId: toPurchaseId(itemId, purchaser),
    units: sumUnits(itemId, lines),
  }));
}

/** Creates every pool that these checkouts claim purchases from. */
export function toPurchasePools(
  checkouts: readonly Purchaser[],
  limits: ItemLimits,
  purchases: BuyerPurchases,
): Pool[] {
  return checkouts.flatMap(({ lines, purchaser }) => {
    if (purchaser === undefined) return [];
    return findLimits(lines, limits).map(({ itemId, quantity }): Pool => {
      const id = toPurchaseId(itemId, purchaser);
      const { bought, version } = purchases.get(id) ?? NOTHING_BOUGHT;
      return { id, free: Math.max(0, quantity - bought), version };
    });
  });
}

const NOTHING_BOUGHT: Purchases = { bought: 0, version: 0 };

/** A limit that applies to a checkout, and how far it is used. */
export interface LimitState {
  /** The id of the product or of the variant whose limit it is. */
  readonly itemId: string;
  readonly productId: string;
  /** The variant whose limit it is, or the first variant of the product in the checkout. */
  readonly variantId: string;
  readonly limit: number;
  readonly days?: number;
  readonly bought: number;
  readonly requested: number;
}

function toLimitState(
  { itemId, productId, quantity, days }: ItemLimit,
  lines: readonly Line[],
  bought: number,
): LimitState {
  const line = lines.find(
    (candidate) => candidate.variantId === itemId || candidate.productId === itemId,
  );
  return {
    itemId,
    productId,
    variantId: line?.variantId ?? itemId,
    limit: quantity,
    ...(days !== undefined && { days }),
    bought,
    requested: sumUnits(itemId, lines),
  };
}

/** Finds the limit whose pool refused a checkout; undefined if the pool belongs to no limit. */
export function findRefusingLimit(
  { lines, purchaser }: Purchaser,
  { poolId, free }: { readonly poolId: string; readonly free: number },
  limits: ItemLimits,
  purchases: BuyerPurchases,
): LimitState | undefined {
  if (purchaser === undefined) return undefined;
  const limit = findLimits(lines, limits).find(
    ({ itemId }) => poolId === toPurchaseId(itemId, purchaser),
  );
  if (limit === undefined) return undefined;
  // Earlier checkouts of the batch count too. A lowered limit may be below what was bought.
  const before = purchases.get(poolId)?.bought ?? 0;
  return toLimitState(limit, lines, Math.max(before, limit.quantity - free));
}

/** Lists the limits that apply to these lines, and what the buyer has bought under each. */
export function listLimitStates(
  lines: readonly Line[],
  buyerKey: string,
  limits: ItemLimits,
  purchases: BuyerPurchases,
): LimitState[] {
  return findLimits(lines, limits).map((limit) => {
    const { bought } = purchases.get(toPurchaseId(limit.itemId, buyerKey)) ?? NOTHING_BOUGHT;
    return toLimitState(limit, lines, bought);
  });
}

/** Returns whether a limit would refuse the checkout. */
export function isExceeded({ limit, bought, requested }: LimitState): boolean {
  return bought + requested > limit;
}

/** Lists the limits that applied to a placed checkout, with the versions of its purchases. */
export function toKeptLimits(
  lines: readonly Line[],
  limits: ItemLimits,
  versions: readonly number[],
): KeptLimit[] {
  return findLimits(lines, limits).map(({ itemId, quantity, days }, index) => {
    const version = versions[index];
    if (version === undefined) throw new RangeError(`the purchase of ${itemId} lacks a version`);
    return { itemId, quantity, ...(days !== undefined && { days }), version };
  });
}
