import type { AppliedDiscount } from '../discounts/terms.ts';
import type { OrderDiscount } from '../order-drafts.ts';
import type { Reduction } from '../reductions.ts';
import type { OrderStatus, PricedLine } from '../vocabulary.ts';

/** The members of a line that both orders and checkouts have. */
type JudgedLine = Pick<PricedLine, 'variantId' | 'shopId' | 'quantity' | 'unitPrice' | 'discount'>;

/** The members of a discount that both orders and checkouts have. */
type JudgedDiscount = Pick<OrderDiscount, 'discountId' | 'amount'>;

/** The promises of a checkout at acceptance. */
export interface PromisedCheckout {
  readonly buyerId: string;
  readonly currency: string;
  readonly lines: readonly JudgedLine[];
  readonly discounts?: readonly (JudgedDiscount & Pick<AppliedDiscount, 'shopId'>)[];
  /** Present only with discounts. */
  readonly buyerKey?: string;
  readonly charges?: readonly { readonly shopId: string; readonly amount: number }[];
}

/** An order as recorded, with the lines and discounts of its shop only. */
export interface RecordedOrder extends Omit<PromisedCheckout, 'discounts' | 'charges'> {
  readonly _id: string;
  readonly shopId: string;
  readonly status: string;
  readonly subtotal: number;
  readonly discount: number;
  readonly total: number;
  readonly discounts?: readonly JudgedDiscount[];
  readonly charges?: readonly { readonly amount: number }[];
  readonly reductions?: readonly Pick<Reduction, 'lines' | 'charges' | 'amount'>[];
  /** The last status of its history, if it has one. */
  readonly lastStatus?: string;
}

/** A recorded value; null if there is none. */
export type OrderFact = string | number | null;

/** One way in which an order contradicts its checkout or itself. */
export type OrderDifference = { readonly orderId: string } & (
  | {
      readonly kind: 'order_field';
      /** A path as MongoDB writes it, such as `lines.0.quantity`. */
      readonly field: string;
      readonly stored: OrderFact;
      /** The value in its checkout, or the sum of its lines. */
      readonly expected: OrderFact;
    }
  | {
      readonly kind: 'order_status';
      readonly status: string;
      /** The last status of its history. */
      readonly recorded: string | null;
    }
);

const STATUSES: Readonly<Record<OrderStatus, true>> = {
  pending: true,
  confirmed: true,
  shipped: true,
  delivered: true,
  cancelled: true,
  expired: true,
  returned: true,
  lost: true,
};

const LINE_FIELDS = ['variantId', 'shopId', 'quantity', 'unitPrice'] as const;
const DISCOUNT_FIELDS = ['discountId', 'amount'] as const;

/** Returns whether a text is a status that orders can have. */
export function isOrderStatus(status: string): status is OrderStatus {
  return Object.hasOwn(STATUSES, status);
}

/** Finds a status that does not exist, or that is not the last status in the order's history. */
export function findStatusDifferences(order: RecordedOrder): OrderDifference[] {
  const { _id: orderId, status, lastStatus } = order;
  if (status === lastStatus && isOrderStatus(status)) return [];
  return [{ orderId, kind: 'order_status', status, recorded: lastStatus ?? null }];
}

/**
 * Finds differences between an order and its shop's part of the checkout. Returns none if the
 * checkout does not buy from the shop: such an order counts as surplus.
 */
export function findPromiseDifferences(
  order: RecordedOrder,
  checkout: PromisedCheckout,
): OrderDifference[] {
  const differences: OrderDifference[] = [];
  const compare = (field: string, stored: unknown, expected: unknown) => {
    if (stored === expected) return;
    const facts = { stored: toFact(stored), expected: toFact(expected) };
    differences.push({ orderId: order._id, kind: 'order_field', field, ...facts });
  };
  const ofShop = ({ shopId }: { readonly shopId: string }) => shopId === order.shopId;
  const promisedLines = checkout.lines.filter(ofShop);
  if (promisedLines.length === 0) return differences;
  const promisedDiscounts = (checkout.discounts ?? []).filter(ofShop);
  const storedDiscounts = order.discounts ?? [];
  compare('buyerId', order.buyerId, checkout.buyerId);
  compare('currency', order.currency, checkout.currency);
  const buyerKey = promisedDiscounts.length > 0 ? checkout.buyerKey : undefined;
  compare('buyerKey', order.buyerKey, buyerKey);
  compare('lines.length', order.lines.length, promisedLines.length);
  compare('discounts.length', storedDiscounts.length, promisedDiscounts.length);
  eachPair(order.lines, promisedLines, (stored, promised, index) => {
    for (const name of LINE_FIELDS) {
      // The text of a path is built only for differences, because every line is compared.
      if (stored[name] === promised[name]) continue;
      compare(`lines.${index}.${name}`, stored[name], promised[name]);
    }
    const [storedDiscount, promisedDiscount] = [stored.discount ?? 0, promised.discount ?? 0];
    if (storedDiscount !== promisedDiscount) {
      compare(`lines.${index}.discount`, storedDiscount, promisedDiscount);
    }
  });
  eachPair(storedDiscounts, promisedDiscounts, (stored, promised, index) => {
    for (const name of DISCOUNT_FIELDS) {
      compare(`discounts.${index}.${name}`, stored[name], promised[name]);
    }
  });
  const { subtotal, discount } = sumLines(promisedLines);
  compare('subtotal', order.subtotal, subtotal);
  compare('discount', order.discount, discount);
  const promisedCharges = (checkout.charges ?? []).filter(ofShop);
  const storedCharges = order.charges ?? [];
  compare('charges.length', storedCharges.length, promisedCharges.length);
  eachPair(storedCharges, promisedCharges, (stored, promised, index) => {
    compare(`charges.${index}.amount`, stored.amount, promised.amount);
  });
  compare('total', order.total, subtotal - discount + sumAmounts(promisedCharges));
  return differences;
}

/**
 * Finds lines whose reductions take off more units than the line has, or an amount other than the
 * price of these units. Also finds charges of which more than their amount is given back. Repeats
 * the arithmetic of reductions on purpose, because a judge that used the ledger's rules would
 * repeat its mistakes.
 */
export function findReductionDifferences({
  _id: orderId,
  lines,
  charges = [],
  reductions = [],
}: RecordedOrder): OrderDifference[] {
  if (reductions.length === 0) return [];
  const differences: OrderDifference[] = [];
  const compare = (field: string, stored: number, expected: number | null) => {
    if (stored === expected) return;
    differences.push({ orderId, kind: 'order_field', field, stored, expected });
  };
  const reduced = reductions.flatMap((reduction) => reduction.lines);
  lines.forEach(({ variantId, quantity, unitPrice, discount = 0 }, index) => {
    const takenOff = reduced.filter((reducedLine) => reducedLine.variantId === variantId);
    const units = takenOff.reduce((sum, reducedLine) => sum + reducedLine.quantity, 0);
    compare(`lines.${index}.reducedUnits`, units, Math.min(units, quantity));
    const amount = takenOff.reduce((sum, reducedLine) => sum + reducedLine.amount, 0);
    // An edited line can have any numbers. If the price of its units cannot be computed, that is a
    // difference.
    const hasPrice = [quantity, units, discount].every(Number.isSafeInteger) && quantity > 0;
    const share = hasPrice ? Number((BigInt(discount) * BigInt(units)) / BigInt(quantity)) : 0;
    compare(`lines.${index}.reducedBy`, amount, hasPrice ? units * unitPrice - share : null);
  });
  const reducedCharges = reductions.flatMap((reduction) => reduction.charges ?? []);
  charges.forEach(({ amount }, index) => {
    const givenBack = sumAmounts(
      reducedCharges.filter((reducedCharge) => reducedCharge.index === index),
    );
    compare(`charges.${index}.reducedBy`, givenBack, Math.min(givenBack, amount));
  });
  compare('reductions.amount', sumAmounts(reductions), sumAmounts([...reduced, ...reducedCharges]));
  return differences;
}

function sumAmounts(parts: readonly { readonly amount: number }[]): number {
  return parts.reduce((sum, { amount }) => sum + amount, 0);
}

/**
 * Returns whether all differences can be repaired by arithmetic: sums of lines on which order and
 * checkout agree, a buyer key that only the checkout has, and a history without the order's status.
 */
export function areRepairable(differences: readonly OrderDifference[]): boolean {
  return differences.every((difference) => {
    if (difference.kind === 'order_status') return isOrderStatus(difference.status);
    const { field, stored, expected } = difference;
    if (field === 'buyerKey') return stored === null;
    return SUMS.has(field) && Number.isSafeInteger(expected);
  });
}

const SUMS: ReadonlySet<string> = new Set(['subtotal', 'discount', 'total']);

/** Sums any lines; `sumLines` of the domain throws for sums that are not safe integers. */
function sumLines(lines: readonly JudgedLine[]) {
  const sums = { subtotal: 0, discount: 0 };
  for (const { quantity, unitPrice, discount = 0 } of lines) {
    sums.subtotal += quantity * unitPrice;
    sums.discount += discount;
  }
  return sums;
}

function eachPair<Stored, Promised>(
  storedItems: readonly Stored[],
  promisedItems: readonly Promised[],
  visit: (stored: Stored, promised: Promised, index: number) => void,
): void {
  storedItems.forEach((stored, index) => {
    const promised = promisedItems[index];
    if (promised !== undefined) visit(stored, promised, index);
  });
}

function toFact(value: unknown): OrderFact {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}
