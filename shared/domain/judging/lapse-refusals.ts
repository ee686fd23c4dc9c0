import { LAPSES_MAX } from '../lapsed-holds.ts';
import type { OrderStatus } from '../vocabulary.ts';

/** A refusal because the buyer let too many holds lapse, with the orders that it names. */
export interface LapseRefusal {
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly { readonly productId: string }[];
  readonly productId?: string | undefined;
  readonly lapsedOrderIds?: readonly string[] | undefined;
  readonly settledAt?: Date | undefined;
}

/** The fields of an order that prove or contradict a `LapseRefusal`. */
export interface LapsedOrder {
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly { readonly productId: string; readonly variantId: string }[];
  readonly history: readonly { readonly status?: OrderStatus; readonly at: Date }[];
}

/**
 * Events of different orders that are closer than this are not compared by their times: the clocks
 * of hosts differ, and a transaction commits some time after it took its times.
 */
export const COMPARABLE_AFTER_MS = 5_000;

/**
 * Returns whether the record contradicts a `LapseRefusal`. The refusal must name a product of its
 * checkout, and enough orders of the same buyer for this product that all expired. No order of the
 * buyer for the product may have been confirmed between one of these lapses and the refusal,
 * because lapses count only in a row.
 * @param confirmed all orders of the buyer that were confirmed in that time; may contain further
 *   orders
 */
export function isFalseLapseRefusal(
  refusal: LapseRefusal,
  orders: ReadonlyMap<string, LapsedOrder>,
  confirmed: readonly LapsedOrder[],
): boolean {
  const { productId, lapsedOrderIds = [], lines } = refusal;
  const named = new Set(lapsedOrderIds);
  if (named.size < LAPSES_MAX) return true;
  if (!lines.some((line) => line.productId === productId)) return true;
  const lapsed = [...named].flatMap((id) => orders.get(id) ?? []);
  if (lapsed.length < named.size) return true;
  const areProof = lapsed.every(
    (order) =>
      isOfBuyer(order, refusal) &&
      order.lines.some((line) => line.productId === productId) &&
      findAt(order, 'expired') !== undefined,
  );
  return !areProof || confirmed.some((order) => endsRow(order, lapsed, refusal));
}

function isOfBuyer(order: LapsedOrder, { storefrontId, buyerId }: LapseRefusal): boolean {
  return order.storefrontId === storefrontId && order.buyerId === buyerId;
}

function findAt({ history }: LapsedOrder, status: OrderStatus): number | undefined {
  return history.find((entry) => entry.status === status)?.at.getTime();
}

/**
 * Returns whether an order was confirmed after one of these lapses and before the refusal. The
 * order must share a variant with the lapsed order, because a variant that was added to the product
 * later does not end a row that began without it.
 */
function endsRow(
  order: LapsedOrder,
  lapsed: readonly LapsedOrder[],
  refusal: LapseRefusal,
): boolean {
  const { productId, settledAt } = refusal;
  const confirmedMs = findAt(order, 'confirmed');
  if (confirmedMs === undefined || settledAt === undefined) return false;
  if (!isOfBuyer(order, refusal)) return false;
  if (confirmedMs + COMPARABLE_AFTER_MS >= settledAt.getTime()) return false;
  const variantIds = new Set(
    order.lines.flatMap((line) => (line.productId === productId ? line.variantId : [])),
  );
  return lapsed.some((lapsedOrder) => {
    const lapsedMs = findAt(lapsedOrder, 'expired') ?? Number.POSITIVE_INFINITY;
    const isShared = lapsedOrder.lines.some(({ variantId }) => variantIds.has(variantId));
    return isShared && lapsedMs + COMPARABLE_AFTER_MS < confirmedMs;
  });
}
