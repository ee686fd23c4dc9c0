import {
  type Allocation,
  allocate,
  type Claimant,
  type Pool,
  type PoolChange,
} from './allocation.ts';
import {
  discountsByPool,
  findDiscount,
  isBuyersPool,
  toUseClaims,
  toUsePools,
} from './discounts/use-pools.ts';
import type { BuyerUses, DiscountUses, UseChange } from './discounts/uses.ts';
import { findSharedVariant, toShareClaims, toSharePools } from './held-shares.ts';
import { isLapsePool, toLapseClaims, toLapsePools, toLapseRejection } from './lapsed-holds.ts';
import { type OrderDraft, type QueuedCheckout, toOrderDrafts } from './order-drafts.ts';
import {
  type BuyerPurchases,
  findRefusingLimit,
  type ItemLimits,
  type PurchaseChange,
  toPurchaseClaims,
  toPurchasePools,
} from './purchase-limits.ts';
import type { Rejection } from './rejection.ts';
import { availableUnits, type StockChange, type StockLevel } from './vocabulary.ts';

/** The outcome of one checkout. */
export type SettlementOutcome =
  | { readonly checkoutId: string; readonly status: 'placed'; readonly orders: OrderDraft[] }
  | { readonly checkoutId: string; readonly status: 'rejected'; readonly rejection: Rejection }
  /** The checkout waits for units; `shortage` is the rejection that it would get otherwise. */
  | { readonly checkoutId: string; readonly status: 'waiting'; readonly shortage: Rejection };

/** Everything a batch's decision depends on, as read at one snapshot. */
export interface SettlementInput {
  /**
   * In the order of acceptance. An earlier checkout is served first, unless it waits behind others.
   */
  readonly checkouts: readonly QueuedCheckout[];
  readonly stock: ReadonlyMap<string, StockLevel>;
  readonly variantIdsForSale: ReadonlySet<string>;
  /** The discounts of the checkouts; a missing discount counts as cancelled. */
  readonly discounts?: ReadonlyMap<string, DiscountUses>;
  readonly buyerUses?: BuyerUses;
  /** The purchase limits of the products. */
  readonly limits?: ItemLimits;
  /** The purchases of the buyers. */
  readonly purchases?: BuyerPurchases;
}

const NO_DISCOUNTS: ReadonlyMap<string, DiscountUses> = new Map();
const NO_USES: BuyerUses = new Map();
const NO_VARIANTS: ReadonlySet<string> = new Set();
const NO_LIMITS: ItemLimits = new Map();
const NO_PURCHASES: BuyerPurchases = new Map();

/** The decision on a batch: outcomes in the order of its checkouts, and the resulting changes. */
export interface SettlementDecision {
  readonly outcomes: readonly SettlementOutcome[];
  readonly stockChanges: readonly StockChange[];
  readonly useChanges: readonly UseChange[];
  readonly purchaseChanges: readonly PurchaseChange[];
}

/** Decides a whole batch. `allocate` grants units, uses of discounts and purchases by one rule. */
export function decideSettlements(input: SettlementInput): SettlementDecision {
  const refusals = new Map<string, Rejection>();
  const claimants: Claimant[] = [];
  const behind: Claimant[] = [];
  for (const checkout of input.checkouts) {
    const refusal = findRefusalBeforeStock(checkout, input);
    if (refusal !== undefined) refusals.set(checkout.id, refusal);
    else (checkout.wait?.isBehind ? behind : claimants).push(toClaimant(checkout, input));
  }
  const { allocations, changes } = allocate([...claimants, ...behind], toPools(input));
  const allocationById = new Map(
    allocations.map((allocation) => [allocation.claimantId, allocation]),
  );
  const outcomes = input.checkouts.map((checkout): SettlementOutcome => {
    const allocation = allocationById.get(checkout.id);
    const rejection = refusals.get(checkout.id) ?? toRejection(checkout, allocation, input);
    if (rejection !== undefined) return toRefusal(checkout, rejection);
    return {
      checkoutId: checkout.id,
      status: 'placed',
      orders: toOrderDrafts(checkout, allocation, input.limits ?? NO_LIMITS),
    };
  });
  return { outcomes, ...toChanges(changes, input) };
}

/**
 * Returns `waiting` for a checkout that lacks units and may wait for them, otherwise `rejected`.
 */
function toRefusal({ id: checkoutId, lines, wait, lapsed }: QueuedCheckout, rejection: Rejection) {
  const mayWait = wait !== undefined && !wait.isOver && rejection.code === 'out_of_stock';
  if (!mayWait) return { checkoutId, status: 'rejected', rejection } as const;
  const shortage = lapsed === undefined ? rejection : toLapseRejection(lines, lapsed);
  return { checkoutId, status: 'waiting', shortage } as const;
}

/** The fields that a claim depends on, without those for rules that apply only to new checkouts. */
type ClaimInput = Omit<SettlementInput, 'checkouts' | 'variantIdsForSale'>;

/**
 * Judges one claim for units and uses by the rule of a new checkout. Publication, prices and
 * cancelled discounts are not judged, because the checkout was accepted before.
 * @returns the rejection if the claim cannot be granted
 */
export function judgeClaim(checkout: QueuedCheckout, input: ClaimInput): Rejection | undefined {
  const batch = { ...input, checkouts: [checkout], variantIdsForSale: NO_VARIANTS };
  const { allocations } = allocate([toClaimant(checkout, batch)], toPools(batch));
  return toRejection(checkout, allocations[0], batch);
}

function toChanges(
  changes: readonly PoolChange[],
  { stock, discounts = NO_DISCOUNTS, purchases = NO_PURCHASES }: SettlementInput,
): Omit<SettlementDecision, 'outcomes'> {
  const stockChanges: StockChange[] = [];
  const useChanges: UseChange[] = [];
  const purchaseChanges: PurchaseChange[] = [];
  const byPool = discountsByPool(discounts);
  const heldByUnlisted = sumHeld(changes);
  for (const { poolId, fromVersion, toVersion, units } of changes) {
    const discountId = byPool.get(poolId)?.discountId;
    if (discountId !== undefined) {
      useChanges.push({ discountId, fromVersion, toVersion, uses: units });
    } else if (stock.has(poolId)) {
      const delta = { onHand: 0, reserved: units, sold: 0 };
      const held = heldByUnlisted.get(poolId);
      stockChanges.push({
        ...{ variantId: poolId, fromVersion, toVersion, delta },
        ...(held !== undefined && { heldByUnlisted: held }),
      });
    } else if (purchases.has(poolId)) {
      purchaseChanges.push({ purchaseId: poolId, fromVersion, toVersion });
    }
    // No other pool is stored: the uses of one buyer are counted in the orders, and held units are
    // written with their stock level.
  }
  return { stockChanges, useChanges, purchaseChanges };
}

/** Returns the units of each variant that unlisted storefronts take. */
function sumHeld(changes: readonly PoolChange[]): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { poolId, units } of changes) {
    const variantId = findSharedVariant(poolId);
    if (variantId !== undefined) held.set(variantId, units);
  }
  return held;
}

function findRefusalBeforeStock(
  checkout: QueuedCheckout,
  input: SettlementInput,
): Rejection | undefined {
  const { expectedTotal, total, lines, refusedDiscount, discounts = [], wait } = checkout;
  if (wait?.isWaiting && wait.isOver) return toWaitOver(checkout, input);
  if (refusedDiscount !== undefined) {
    const { code, reason } = refusedDiscount;
    return { code: 'discount_not_applicable', discountCode: code, reason };
  }
  if (expectedTotal !== undefined && expectedTotal !== total) return { code: 'price_changed' };
  const withdrawn = lines.find(
    ({ variantId }) => !input.variantIdsForSale.has(variantId) || !input.stock.has(variantId),
  );
  if (withdrawn !== undefined) {
    return { code: 'product_unavailable', variantId: withdrawn.variantId };
  }
  const cancelled = discounts.find(
    ({ discountId }) => (input.discounts ?? NO_DISCOUNTS).get(discountId)?.isActive !== true,
  );
  if (cancelled === undefined) return undefined;
  const { code: discountCode, shopId } = cancelled;
  return { code: 'discount_not_applicable', discountCode, shopId, reason: 'cancelled' };
}

/**
 * Creates the rejection of a checkout whose wait is over. It contains the version at which the wait
 * ended, so that the verdict can judge whether others overtook the checkout.
 */
function toWaitOver({ lines }: QueuedCheckout, { stock }: SettlementInput): Rejection {
  const [first] = lines;
  const version = stock.get(first?.variantId ?? '')?.version;
  return {
    code: 'wait_over',
    ...(first && { variantId: first.variantId, requested: first.quantity }),
    ...(version !== undefined && { version }),
  };
}

/**
 * Claims stock first, so that a checkout that lacks both stock and something else is refused as
 * sold out.
 */
function toClaimant(
  checkout: QueuedCheckout,
  { discounts = NO_DISCOUNTS, limits = NO_LIMITS }: SettlementInput,
): Claimant {
  const claims = checkout.lines.map((line) => ({ poolId: line.variantId, units: line.quantity }));
  claims.push(...toLapseClaims(checkout));
  claims.push(...toUseClaims(checkout, discounts), ...toShareClaims(checkout));
  claims.push(...toPurchaseClaims(checkout, limits));
  return { id: checkout.id, claims };
}

function toPools({
  checkouts,
  stock,
  discounts = NO_DISCOUNTS,
  buyerUses = NO_USES,
  limits = NO_LIMITS,
  purchases = NO_PURCHASES,
}: SettlementInput): Map<string, Pool> {
  const pools = toUsePools(checkouts, discounts, buyerUses);
  for (const pool of toLapsePools(checkouts)) pools.set(pool.id, pool);
  for (const pool of toSharePools(checkouts, stock)) pools.set(pool.id, pool);
  for (const pool of toPurchasePools(checkouts, limits, purchases)) pools.set(pool.id, pool);
  for (const [id, level] of stock) {
    pools.set(id, { id, free: availableUnits(level), version: level.version });
  }
  return pools;
}

function toRejection(
  checkout: QueuedCheckout,
  allocation: Allocation | undefined,
  { limits = NO_LIMITS, purchases = NO_PURCHASES }: SettlementInput,
): Rejection | undefined {
  if (allocation === undefined || allocation.granted) return undefined;
  const { poolId, requested, free, version } = allocation;
  if (checkout.lapsed !== undefined && isLapsePool(poolId)) {
    return toLapseRejection(checkout.lines, checkout.lapsed);
  }
  const limit = findRefusingLimit(checkout, allocation, limits, purchases);
  if (limit !== undefined) return { code: 'purchase_limit_reached', ...limit };
  const sharedVariantId = findSharedVariant(poolId);
  if (sharedVariantId !== undefined) {
    return { code: 'held_share_reached', variantId: sharedVariantId, requested, available: free };
  }
  const discount = findDiscount(checkout, poolId);
  if (discount === undefined) {
    return { code: 'out_of_stock', variantId: poolId, requested, available: free, version };
  }
  const { code: discountCode, shopId } = discount;
  const exhausted = { code: 'discount_exhausted', discountCode, shopId } as const;
  if (isBuyersPool(checkout, poolId)) return { ...exhausted, reason: 'usage_limit_per_buyer' };
  return { ...exhausted, reason: 'usage_limit', version };
}
