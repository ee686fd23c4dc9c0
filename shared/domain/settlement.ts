import { type Allocation, allocate, type Claimant, type Pool } from './allocation.ts';
import { subtotalOf } from './money.ts';
import {
  availableUnits,
  type PricedLine,
  type RejectionCode,
  type StockChange,
  type StockLevel,
} from './vocabulary.ts';

/** What deciding needs to know of an accepted checkout. */
export interface QueuedCheckout {
  readonly id: string;
  readonly lines: readonly PricedLine[];
  readonly total: number;
  /** What the buyer expected to pay, in minor units, if it said so. */
  readonly expectedTotal?: number | undefined;
}

/** Why a checkout was refused, with the record's version that says so. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly variantId?: string;
  readonly requested?: number;
  readonly available?: number;
  /** Version of the variant's stock level that the refusal saw. */
  readonly version?: number;
}

/** A line of an order; `version` is the stock version its reservation made. */
export interface OrderLine extends PricedLine {
  readonly version: number;
}

/** The part of a checkout that one shop sells; amounts in minor units. */
export interface ShopPart<Line extends PricedLine = PricedLine> {
  readonly shopId: string;
  readonly lines: readonly Line[];
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
}

/** What becomes an order. */
export type OrderDraft = ShopPart<OrderLine>;

/** What became of one checkout. */
export type SettlementOutcome =
  | { readonly checkoutId: string; readonly status: 'placed'; readonly orders: OrderDraft[] }
  | { readonly checkoutId: string; readonly status: 'rejected'; readonly rejection: Rejection };

/** Everything a batch's decision depends on, as read at one snapshot. */
export interface SettlementInput {
  /** In the order in which they were accepted: the earlier one is served first. */
  readonly checkouts: readonly QueuedCheckout[];
  readonly stock: ReadonlyMap<string, StockLevel>;
  readonly publishedProductIds: ReadonlySet<string>;
}

/** Decides a whole batch: outcomes in the order of `checkouts`, and what they reserve. */
export function decideSettlements(input: SettlementInput): {
  readonly outcomes: readonly SettlementOutcome[];
  readonly stockChanges: readonly StockChange[];
} {
  const refusals = new Map<string, Rejection>();
  const claimants: Claimant[] = [];
  for (const checkout of input.checkouts) {
    const refusal = refusalBeforeStock(checkout, input);
    if (refusal !== undefined) refusals.set(checkout.id, refusal);
    else claimants.push(claimantOf(checkout));
  }
  const { allocations, changes } = allocate(claimants, poolsOf(input.stock));
  const allocationOf = new Map(allocations.map((each) => [each.claimantId, each]));
  const outcomes = input.checkouts.map((checkout): SettlementOutcome => {
    const allocation = allocationOf.get(checkout.id);
    const rejection = refusals.get(checkout.id) ?? rejectionOf(allocation);
    if (rejection !== undefined) return { checkoutId: checkout.id, status: 'rejected', rejection };
    return { checkoutId: checkout.id, status: 'placed', orders: ordersOf(checkout, allocation) };
  });
  const stockChanges = changes.map(({ poolId, fromVersion, toVersion, units }) => ({
    variantId: poolId,
    fromVersion,
    toVersion,
    delta: { onHand: 0, reserved: units, sold: 0 },
  }));
  return { outcomes, stockChanges };
}

function refusalBeforeStock(
  checkout: QueuedCheckout,
  input: SettlementInput,
): Rejection | undefined {
  const { expectedTotal, total, lines } = checkout;
  if (expectedTotal !== undefined && expectedTotal !== total) return { code: 'price_changed' };
  const withdrawn = lines.find(
    (line) => !input.publishedProductIds.has(line.productId) || !input.stock.has(line.variantId),
  );
  if (withdrawn === undefined) return undefined;
  return { code: 'product_unavailable', variantId: withdrawn.variantId };
}

function claimantOf(checkout: QueuedCheckout): Claimant {
  const claims = checkout.lines.map((line) => ({ poolId: line.variantId, units: line.quantity }));
  return { id: checkout.id, claims };
}

function poolsOf(stock: ReadonlyMap<string, StockLevel>): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  for (const [id, level] of stock) {
    pools.set(id, { id, free: availableUnits(level), version: level.version });
  }
  return pools;
}

function rejectionOf(allocation: Allocation | undefined): Rejection | undefined {
  if (allocation === undefined || allocation.granted) return undefined;
  const { poolId, requested, free, version } = allocation;
  return { code: 'out_of_stock', variantId: poolId, requested, available: free, version };
}

function ordersOf(checkout: QueuedCheckout, allocation: Allocation | undefined): OrderDraft[] {
  if (!allocation?.granted) throw new RangeError(`checkout ${checkout.id} has no allocation`);
  const lines = checkout.lines.map((line, index): OrderLine => {
    const version = allocation.versions[index];
    if (version === undefined) throw new RangeError(`checkout ${checkout.id} lacks a version`);
    return { ...line, version };
  });
  return shopParts(lines);
}

/** Splits lines by the shops that sell them, in the order in which the shops first appear. */
export function shopParts<Line extends PricedLine>(lines: readonly Line[]): ShopPart<Line>[] {
  const linesOfShop = new Map<string, Line[]>();
  for (const line of lines) {
    const own = linesOfShop.get(line.shopId);
    if (own === undefined) linesOfShop.set(line.shopId, [line]);
    else own.push(line);
  }
  return Array.from(linesOfShop, ([shopId, own]) => {
    const subtotal = subtotalOf(own);
    return { shopId, lines: own, subtotal, discount: 0, total: subtotal };
  });
}
