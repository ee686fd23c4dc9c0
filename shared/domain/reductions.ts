import type { Charge, ReducedCharge } from './charges.ts';
import type { RequestedLine } from './lines.ts';
import type { OrderStatus, PricedLine } from './vocabulary.ts';

/** Why units were taken off an order. */
export type ReductionKind = 'cancelled' | 'returned' | 'lost';

/** Units of one line, and the amount by which the order costs less, in minor units. */
export interface ReducedLine extends RequestedLine {
  readonly amount: number;
}

/** Units that were taken off an order at one time. An order's reductions are append-only. */
export interface Reduction {
  readonly kind: ReductionKind;
  readonly lines: readonly ReducedLine[];
  /** The parts of the order's charges that are given back; absent if there are none. */
  readonly charges?: readonly ReducedCharge[];
  /** The sum of the lines and charges. */
  readonly amount: number;
  /** Whether the amount had been paid, so that it is to be refunded. */
  readonly isPaid: boolean;
  /** Whether the units went back on sale. */
  readonly isRestocked: boolean;
}

/** The fields of an order with its units and amounts. */
export interface ReducibleOrder {
  readonly status: OrderStatus;
  readonly lines: readonly Pick<PricedLine, 'variantId' | 'quantity' | 'unitPrice' | 'discount'>[];
  readonly charges?: readonly Charge[];
  readonly reductions?: readonly Reduction[];
  readonly parcels?: readonly { readonly lines: readonly RequestedLine[] }[];
}

/** The units of one line, counted by state. */
export interface LineUnits {
  readonly variantId: string;
  readonly quantity: number;
  readonly cancelled: number;
  readonly returned: number;
  readonly lost: number;
  /** Units that were taken off and went back on sale; the order holds all other units. */
  readonly restocked: number;
  /** Units in parcels. */
  readonly packed: number;
}

/** Counts the units of each line by state, in the order of the lines. */
export function countUnits({
  lines,
  reductions = [],
  parcels = [],
}: Pick<ReducibleOrder, 'parcels'> & {
  readonly lines: readonly RequestedLine[];
  readonly reductions?: readonly Pick<Reduction, 'kind' | 'lines' | 'isRestocked'>[];
}): LineUnits[] {
  const none = { cancelled: 0, returned: 0, lost: 0, restocked: 0, packed: 0 };
  const units = lines.map(({ variantId, quantity }) => ({ variantId, quantity, ...none }));
  if (reductions.length === 0 && parcels.length === 0) return units;
  const byVariant = new Map(units.map((line) => [line.variantId, line]));
  for (const { kind, isRestocked, lines: reduced } of reductions) {
    for (const { variantId, quantity } of reduced) {
      const line = byVariant.get(variantId);
      if (line === undefined) continue;
      line[kind] += quantity;
      if (isRestocked) line.restocked += quantity;
    }
  }
  for (const parcel of parcels) {
    for (const { variantId, quantity } of parcel.lines) {
      const line = byVariant.get(variantId);
      if (line !== undefined) line.packed += quantity;
    }
  }
  return units;
}

/** Returns the units that are neither cancelled nor returned nor lost. */
export function keptUnits({ quantity, cancelled, returned, lost }: LineUnits): number {
  return quantity - cancelled - returned - lost;
}

/** Returns the lines with the units that the order still holds in the stock's counters. */
export function heldLines(order: Parameters<typeof countUnits>[0]): readonly RequestedLine[] {
  if (order.reductions === undefined) return order.lines;
  return countUnits(order).map(({ variantId, quantity, restocked }) => {
    return { variantId, quantity: quantity - restocked };
  });
}

/**
 * Returns the price of `units` units that follow the first `before` units, in minor units. The
 * discount of the line is shared among its units so that any sequence of parts sums to the whole
 * line: the first n units bear `floor(discount × n / quantity)` of it.
 */
export function priceOfUnits(
  line: ReducibleOrder['lines'][number],
  before: number,
  units: number,
): number {
  const borne = shareOfDiscount(line, before + units) - shareOfDiscount(line, before);
  return units * line.unitPrice - borne;
}

function shareOfDiscount(
  { quantity, discount = 0 }: ReducibleOrder['lines'][number],
  units: number,
): number {
  return Number((BigInt(discount) * BigInt(units)) / BigInt(quantity));
}

/** Amounts of an order after its reductions, in minor units. */
export interface ReducedAmounts {
  /** The amount that the buyer pays: the total less what was taken off before the payment. */
  readonly amountDue: number;
  /** The part of `amountDue` that is to be refunded. */
  readonly refunded: number;
}

/** Sums the reductions of an order. */
export function sumReductions({
  total,
  reductions = [],
}: Pick<ReducibleOrder, 'reductions'> & { readonly total: number }): ReducedAmounts {
  let refunded = 0;
  let amountDue = total;
  for (const { amount, isPaid } of reductions) {
    if (isPaid) refunded += amount;
    else amountDue -= amount;
  }
  return { amountDue, refunded };
}
