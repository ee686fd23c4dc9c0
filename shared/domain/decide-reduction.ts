import { chargesLeft, type ReducedCharge, sumCharges } from './charges.ts';
import { mergeLines, type RequestedLine } from './lines.ts';
import { decideTransition, type OrderActorKind } from './order-transitions.ts';
import {
  countUnits,
  keptUnits,
  type LineUnits,
  priceOfUnits,
  type ReducedLine,
  type ReducibleOrder,
  type Reduction,
  type ReductionKind,
} from './reductions.ts';
import type { OrderStatus } from './vocabulary.ts';

/** The maximum number of reductions of one order. A reduction that ends the order may exceed it. */
export const REDUCTIONS_MAX = 100;
/** The maximum number of lines in all reductions of one order, with the same exception. */
export const REDUCED_LINES_MAX = 5_000;

/** The moves that take units off an order, each with the kind of its reduction. */
export const REDUCING_MOVES = { cancel: 'cancelled', return: 'returned', lose: 'lost' } as const;

/** See `REDUCING_MOVES`. */
export type ReducingMove = keyof typeof REDUCING_MOVES;

/** A requested reduction. */
export interface ReductionRequest {
  readonly move: ReducingMove;
  /** The units to take off; by default all that can be taken off. */
  readonly lines?: readonly RequestedLine[];
  /** The parts of the order's charges to give back, each charge once. */
  readonly charges?: readonly ReducedCharge[];
  /** Whether returned or lost units go back on sale; cancelled units always do. */
  readonly isRestocked?: boolean;
}

/** Why a request is refused, with the path of the line or charge if one is the cause. */
export interface LineRefusal {
  readonly kind: 'refused';
  readonly reason: string;
  readonly code?: 'unknown_variant' | 'quantity_exceeded';
  readonly path?: string;
  readonly variantId?: string;
}

/** The decision on a reduction. */
export type ReductionDecision =
  | { readonly kind: 'reduced'; readonly reduction: Reduction; readonly to: OrderStatus }
  | { readonly kind: 'unchanged' }
  | LineRefusal;

type Order = ReducibleOrder & { readonly reservedUntil: Date };

/**
 * Decides a request to take units off an order. Units that were not sent can be cancelled; units
 * that were sent can be returned or lost. An order without units left becomes `returned` if any
 * unit was returned, otherwise `lost` if any was lost, and otherwise `cancelled`. An order becomes
 * `shipped` if all its remaining units are in parcels. Charges are given back as requested, or
 * completely if the order ends as cancelled.
 */
export function decideReduction(
  order: Order,
  { move, lines, charges = [], isRestocked = false }: ReductionRequest,
  now: Date,
  by: OrderActorKind = 'seller',
): ReductionDecision {
  const units = countUnits(order);
  const transition = decideTransition(toDecidingOrder(order, move, units), move, now, by);
  // A return or loss without lines is for all units that were sent.
  const linesPath = (lines !== undefined || move !== 'cancel') && { path: 'lines' };
  if (transition.kind === 'refused') return { ...transition, ...linesPath };
  if (transition.kind === 'unchanged') {
    return lines === undefined
      ? transition
      : { kind: 'refused', reason: `the order is ${order.status} already`, ...linesPath };
  }
  if (lines === undefined && move === 'cancel' && units.some(({ packed }) => packed > 0)) {
    const reason = 'a part of the order was sent: name the lines to cancel';
    return { kind: 'refused', path: 'lines', reason };
  }
  const countFree = (line: LineUnits) => reducibleUnits(order, move, line);
  const taken =
    lines === undefined ? takeAll(units, countFree) : takeLines(lines, units, countFree);
  if ('kind' in taken) return taken;
  const badCharge = findBadCharge(order, charges);
  if (badCharge !== undefined) return badCharge;
  const kind = REDUCING_MOVES[move];
  const lineReduction = toReduction(order, units, taken, { kind, isRestocked });
  const to = statusAfter(order, lineReduction);
  const reduction = withCharges(
    lineReduction,
    to === 'cancelled' ? listChargesLeft(order) : charges,
  );
  const refusal = isEnded(to) ? undefined : findExcess(order, reduction);
  return refusal ?? { kind: 'reduced', reduction, to };
}

/**
 * Returns the order with the status by which the move is decided. For a return or loss, a partly
 * sent order counts as shipped, so that the units in its parcels can be returned or lost.
 */
function toDecidingOrder(order: Order, move: ReducingMove, units: readonly LineUnits[]): Order {
  const isSentInPart = order.status === 'confirmed' && units.some(({ packed }) => packed > 0);
  return isSentInPart && move !== 'cancel' ? { ...order, status: 'shipped' } : order;
}

function reducibleUnits({ status }: Order, move: ReducingMove, line: LineUnits): number {
  const { quantity, cancelled, packed } = line;
  if (move === 'cancel') return quantity - cancelled - packed;
  const sent = status === 'confirmed' ? packed : quantity - cancelled;
  return sent - line.returned - line.lost;
}

type CountFree = (line: LineUnits) => number;

function takeAll(units: readonly LineUnits[], countFree: CountFree): RequestedLine[] | LineRefusal {
  const taken = units.flatMap((line) => {
    const quantity = countFree(line);
    return quantity > 0 ? [{ variantId: line.variantId, quantity }] : [];
  });
  if (taken.length > 0) return taken;
  return { kind: 'refused', path: 'lines', reason: 'no units of the order are left for this' };
}

const REFUSED = { kind: 'refused' } as const;

/** Returns the requested lines, summed by variant, or why one of them is refused. */
export function takeLines(
  lines: readonly RequestedLine[],
  units: readonly LineUnits[],
  countFree: CountFree,
): RequestedLine[] | LineRefusal {
  const merged = mergeLines(lines);
  for (const { variantId, quantity } of merged) {
    const line = units.find((lineUnits) => lineUnits.variantId === variantId);
    const at = lines.findIndex((requested) => requested.variantId === variantId);
    const path = `lines.${at}`;
    if (line === undefined) {
      const reason = `the order has no line of ${variantId}`;
      return { ...REFUSED, code: 'unknown_variant', path: `${path}.variantId`, variantId, reason };
    }
    const free = countFree(line);
    if (quantity > free) {
      const reason = `only ${free} units of ${variantId} are left for this, not ${quantity}`;
      return { ...REFUSED, code: 'quantity_exceeded', path: `${path}.quantity`, variantId, reason };
    }
  }
  return merged;
}

function toReduction(
  order: Order,
  units: readonly LineUnits[],
  taken: readonly RequestedLine[],
  { kind, isRestocked }: { readonly kind: ReductionKind; readonly isRestocked: boolean },
): Reduction {
  const quantities = new Map(taken.map(({ variantId, quantity }) => [variantId, quantity]));
  const lines = order.lines.flatMap((line, index): ReducedLine[] => {
    const [quantity, before] = [quantities.get(line.variantId), units[index]];
    if (quantity === undefined || before === undefined) return [];
    const amount = priceOfUnits(line, line.quantity - keptUnits(before), quantity);
    return [{ variantId: line.variantId, quantity, amount }];
  });
  return {
    kind,
    lines,
    amount: lines.reduce((sum, { amount }) => sum + amount, 0),
    isPaid: order.status !== 'pending',
    isRestocked: kind === 'cancelled' || isRestocked,
  };
}

function findBadCharge(order: Order, charges: readonly ReducedCharge[]): LineRefusal | undefined {
  const left = chargesLeft(order.charges, order.reductions);
  const at = charges.findIndex(({ index, amount }) => amount > (left[index] ?? -1));
  if (at < 0) return undefined;
  const amountLeft = left[charges[at]?.index ?? -1];
  return {
    ...REFUSED,
    code: 'quantity_exceeded',
    path: amountLeft === undefined ? `charges.${at}.index` : `charges.${at}.amount`,
    reason:
      amountLeft === undefined
        ? 'the order has no such charge'
        : `only ${amountLeft} of the charge is left`,
  };
}

function listChargesLeft(order: Order): ReducedCharge[] {
  const left = chargesLeft(order.charges, order.reductions);
  return left.flatMap((amount, index) => (amount > 0 ? [{ index, amount }] : []));
}

function withCharges(reduction: Reduction, charges: readonly ReducedCharge[]): Reduction {
  if (charges.length === 0) return reduction;
  return { ...reduction, charges, amount: reduction.amount + sumCharges(charges) };
}

function statusAfter(order: Order, reduction: Reduction): OrderStatus {
  const reductions = [...(order.reductions ?? []), reduction];
  const units = countUnits({ ...order, reductions });
  if (units.some((line) => keptUnits(line) > 0))
    return isSentWhole(order, units) ? 'shipped' : order.status;
  if (units.some(({ returned }) => returned > 0)) return 'returned';
  return units.some(({ lost }) => lost > 0) ? 'lost' : 'cancelled';
}

/** Returns whether all units of a paid order that are not cancelled are in parcels. */
export function isSentWhole(
  { status }: Pick<ReducibleOrder, 'status'>,
  units: readonly LineUnits[],
): boolean {
  return (
    status === 'confirmed' &&
    units.some(({ packed }) => packed > 0) &&
    units.every(({ quantity, cancelled, packed }) => quantity - cancelled === packed)
  );
}

function isEnded(status: OrderStatus): boolean {
  return status === 'cancelled' || status === 'returned' || status === 'lost';
}

function findExcess({ reductions = [] }: Order, { lines }: Reduction): LineRefusal | undefined {
  const before = reductions.reduce((sum, reduction) => sum + reduction.lines.length, 0);
  const isTooMany =
    reductions.length >= REDUCTIONS_MAX || before + lines.length > REDUCED_LINES_MAX;
  if (!isTooMany) return undefined;
  return {
    kind: 'refused',
    reason: 'the order has too many reductions: only all units that are left can be taken off',
  };
}
