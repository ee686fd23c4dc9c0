import {
  type Allocation,
  allocate,
  type Claimant,
  type Pool,
  type PoolChange,
} from './allocation.ts';
import type { AppliedDiscount, RefusedDiscount } from './discounts/terms.ts';
import {
  discountsByPool,
  findDiscount,
  isBuyersPool,
  toUseClaims,
  toUsePools,
} from './discounts/use-pools.ts';
import type { BuyerUses, DiscountUses, UseChange } from './discounts/uses.ts';
import { type ShopPart, shopParts } from './lines.ts';
import {
  availableUnits,
  type PricedLine,
  type RejectionCode,
  type StockChange,
  type StockLevel,
} from './vocabulary.ts';

/** An accepted checkout, as far as the decision depends on it. */
export interface QueuedCheckout {
  readonly id: string;
  readonly lines: readonly PricedLine[];
  readonly total: number;
  readonly discounts?: readonly AppliedDiscount[] | undefined;
  readonly refusedDiscount?: RefusedDiscount | undefined;
  readonly buyerKey?: string | undefined;
  /** Shops whose order is confirmed as it is placed, if it costs nothing. */
  readonly confirmFreeOf?: readonly string[] | undefined;
  /** The total that the buyer expects, in minor units, if given. */
  readonly expectedTotal?: number | undefined;
}

/** Why a checkout was refused, with the version of the record that proves it. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly variantId?: string;
  readonly requested?: number;
  readonly available?: number;
  /** The version of the stock level, or of the discount, that the refusal saw. */
  readonly version?: number;
  /** Only of an early rejection: how old the API's knowledge of that version was. */
  readonly ageMs?: number;
  readonly discountCode?: string;
  /** The shop of the discount; a discount of another shop with this code may apply. */
  readonly shopId?: string;
  /** Why a discount does not apply, or which limit is exhausted. */
  readonly reason?: string;
}

/** A line of an order; `version` is the stock version its reservation made. */
export interface OrderLine extends PricedLine {
  readonly version: number;
}

/** A discount of an order; `version` is the discount's version that its use made. */
export interface OrderDiscount {
  readonly discountId: string;
  readonly code: string;
  readonly amount: number;
  readonly version: number;
}

/** An order before it is stored. */
export interface OrderDraft extends ShopPart<OrderLine> {
  readonly discounts: readonly OrderDiscount[];
  /** Whether it is confirmed as it is placed: it costs nothing, and its storefront may confirm. */
  readonly isConfirmed: boolean;
}

/** The outcome of one checkout. */
export type SettlementOutcome =
  | { readonly checkoutId: string; readonly status: 'placed'; readonly orders: OrderDraft[] }
  | { readonly checkoutId: string; readonly status: 'rejected'; readonly rejection: Rejection };

/** Everything a batch's decision depends on, as read at one snapshot. */
export interface SettlementInput {
  /** In the order of acceptance: the earlier one is served first. */
  readonly checkouts: readonly QueuedCheckout[];
  readonly stock: ReadonlyMap<string, StockLevel>;
  readonly variantIdsForSale: ReadonlySet<string>;
  /** The discounts of the checkouts; a missing one counts as cancelled. */
  readonly discounts?: ReadonlyMap<string, DiscountUses>;
  readonly buyerUses?: BuyerUses;
}

const NO_DISCOUNTS: ReadonlyMap<string, DiscountUses> = new Map();
const NO_USES: BuyerUses = new Map();
const NO_VARIANTS: ReadonlySet<string> = new Set();

/** The decision of a batch: outcomes in the order of its checkouts, and what they take. */
export interface SettlementDecision {
  readonly outcomes: readonly SettlementOutcome[];
  readonly stockChanges: readonly StockChange[];
  readonly useChanges: readonly UseChange[];
}

/** Decides a whole batch. One rule allots units of stock and uses of discounts. */
export function decideSettlements(input: SettlementInput): SettlementDecision {
  const refusals = new Map<string, Rejection>();
  const claimants: Claimant[] = [];
  for (const checkout of input.checkouts) {
    const refusal = refusalBeforeStock(checkout, input);
    if (refusal !== undefined) refusals.set(checkout.id, refusal);
    else claimants.push(toClaimant(checkout, input));
  }
  const { allocations, changes } = allocate(claimants, toPools(input));
  const allocationById = new Map(allocations.map((each) => [each.claimantId, each]));
  const outcomes = input.checkouts.map((checkout): SettlementOutcome => {
    const allocation = allocationById.get(checkout.id);
    const rejection = refusals.get(checkout.id) ?? toRejection(checkout, allocation);
    if (rejection !== undefined) return { checkoutId: checkout.id, status: 'rejected', rejection };
    return {
      checkoutId: checkout.id,
      status: 'placed',
      orders: toOrderDrafts(checkout, allocation),
    };
  });
  return { outcomes, ...toChanges(changes, input) };
}

/** What a claim depends on, without the rules that only new checkouts are judged by. */
type ClaimInput = Omit<SettlementInput, 'checkouts' | 'variantIdsForSale'>;

/**
 * Judges one claim for units and uses by the rule of a new checkout. Publication, prices and
 * cancelled discounts are not judged: the claimant was accepted before.
 * @returns why it does not fit, if it does not
 */
export function judgeClaim(checkout: QueuedCheckout, input: ClaimInput): Rejection | undefined {
  const all = { ...input, checkouts: [checkout], variantIdsForSale: NO_VARIANTS };
  const { allocations } = allocate([toClaimant(checkout, all)], toPools(all));
  return toRejection(checkout, allocations[0]);
}

function toChanges(
  changes: readonly PoolChange[],
  { stock, discounts = NO_DISCOUNTS }: SettlementInput,
): Pick<SettlementDecision, 'stockChanges' | 'useChanges'> {
  const stockChanges: StockChange[] = [];
  const useChanges: UseChange[] = [];
  const byPool = discountsByPool(discounts);
  for (const { poolId, fromVersion, toVersion, units } of changes) {
    const discountId = byPool.get(poolId)?.discountId;
    if (discountId !== undefined) {
      useChanges.push({ discountId, fromVersion, toVersion, uses: units });
    } else if (stock.has(poolId)) {
      const delta = { onHand: 0, reserved: units, sold: 0 };
      stockChanges.push({ variantId: poolId, fromVersion, toVersion, delta });
    }
    // A buyer's own pool has no counter: its orders are counted.
  }
  return { stockChanges, useChanges };
}

function refusalBeforeStock(
  checkout: QueuedCheckout,
  input: SettlementInput,
): Rejection | undefined {
  const { expectedTotal, total, lines, refusedDiscount, discounts = [] } = checkout;
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

/** Claims stock first, so that a checkout which can have neither is refused as sold out. */
function toClaimant(
  checkout: QueuedCheckout,
  { discounts = NO_DISCOUNTS }: SettlementInput,
): Claimant {
  const claims = checkout.lines.map((line) => ({ poolId: line.variantId, units: line.quantity }));
  return { id: checkout.id, claims: [...claims, ...toUseClaims(checkout, discounts)] };
}

function toPools({
  checkouts,
  stock,
  discounts = NO_DISCOUNTS,
  buyerUses = NO_USES,
}: SettlementInput): Map<string, Pool> {
  const pools = toUsePools(checkouts, discounts, buyerUses);
  for (const [id, level] of stock) {
    pools.set(id, { id, free: availableUnits(level), version: level.version });
  }
  return pools;
}

function toRejection(
  checkout: QueuedCheckout,
  allocation: Allocation | undefined,
): Rejection | undefined {
  if (allocation === undefined || allocation.granted) return undefined;
  const { poolId, requested, free, version } = allocation;
  const discount = findDiscount(checkout, poolId);
  if (discount === undefined) {
    return { code: 'out_of_stock', variantId: poolId, requested, available: free, version };
  }
  const { code: discountCode, shopId } = discount;
  const exhausted = { code: 'discount_exhausted', discountCode, shopId } as const;
  if (isBuyersPool(checkout, poolId)) return { ...exhausted, reason: 'usage_limit_per_buyer' };
  return { ...exhausted, reason: 'usage_limit', version };
}

function toOrderDrafts(checkout: QueuedCheckout, allocation: Allocation | undefined): OrderDraft[] {
  if (!allocation?.granted) throw new RangeError(`checkout ${checkout.id} has no allocation`);
  const versionAt = (index: number): number => {
    const version = allocation.versions[index];
    if (version === undefined) throw new RangeError(`checkout ${checkout.id} lacks a version`);
    return version;
  };
  const lines = checkout.lines.map(
    (line, index): OrderLine => ({ ...line, version: versionAt(index) }),
  );
  const discounts = (checkout.discounts ?? []).map(({ shopId, ...own }, index) => ({
    shopId,
    own: { ...own, version: versionAt(lines.length + index) },
  }));
  return shopParts(lines).map((part) => ({
    ...part,
    discounts: discounts.filter(({ shopId }) => shopId === part.shopId).map(({ own }) => own),
    isConfirmed: part.total === 0 && checkout.confirmFreeOf?.includes(part.shopId) === true,
  }));
}
