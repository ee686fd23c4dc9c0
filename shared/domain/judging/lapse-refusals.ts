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

/** The fields of an order that prove or contradict such a refusal. */
export interface LapsedOrder {
  readonly storefrontId: string;
  readonly buyerId: string;
  readonly lines: readonly { readonly productId: string; readonly variantId: string }[];
  readonly history: readonly { readonly status?: OrderStatus; readonly at: Date }[];
}

/**
 * Events of different orders that are closer than this are not compared by their times: the clocks
 * of hosts differ, and a transaction takes its time before it commits.
 */
export const COMPARABLE_AFTER_MS = 5_000;

/**
 * Returns whether the record contradicts such a refusal. It must name enough orders, each of which
 * expired, of the same buyer and with a product that the refused checkout wants. No order of the
 * buyer for the product may have been confirmed between one of them and the refusal, because a
 * confirmation ends the row.
 * @param confirmed all orders of the buyer that were confirmed in that time; others do not matter
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
 * Returns whether the confirmation of an order came after one of these lapses and before the
 * refusal. A variant that was added to the product later does not end the row before its first
 * lapse, so the order must have a variant of the lapsed one.
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
  return lapsed.some((each) => {
    const lapsedMs = findAt(each, 'expired') ?? Number.POSITIVE_INFINITY;
    const isShared = each.lines.some(({ variantId }) => variantIds.has(variantId));
    return isShared && lapsedMs + COMPARABLE_AFTER_MS < confirmedMs;
  });
}
