import { type CheckoutStatus, REJECTION_CODES } from '../vocabulary.ts';

/** An accepted checkout beside the orders that stand under the ids made from it. */
interface CheckoutWithOrders {
  readonly id: string;
  readonly status: CheckoutStatus;
  /** Why it was refused, as far as the record says so. */
  readonly rejectionCode?: string | undefined;
  /** Each shop that it buys from, once. */
  readonly shopIds: readonly string[];
  readonly orderShopIds: readonly string[];
}

/** Counts what became of the accepted checkouts. */
export class CheckoutTally {
  readonly #byStatus: Record<CheckoutStatus, number> = {
    queued: 0,
    placed: 0,
    rejected: 0,
    failed: 0,
  };
  #incomplete = 0;
  readonly #withTooMany = new Set<string>();

  add({ id, status, rejectionCode, shopIds, orderShopIds }: CheckoutWithOrders): void {
    // A status that cannot be is no outcome, and neither is a refusal for no known reason.
    const isOutcome =
      status in this.#byStatus && (status !== 'rejected' || isRejectionCode(rejectionCode));
    this.#byStatus[isOutcome ? status : 'queued'] += 1;
    const allowed = status === 'placed' ? shopIds : [];
    if (!allowed.every((shopId) => orderShopIds.includes(shopId))) this.#incomplete += 1;
    if (!orderShopIds.every((shopId) => allowed.includes(shopId))) this.addSurplusOrder(id);
  }

  /** An order that stands under an id that is not its own, or whose checkout is not there. */
  addSurplusOrder(checkoutId: string): void {
    this.#withTooMany.add(checkoutId);
  }

  get counts() {
    const { queued, placed, rejected, failed } = this.#byStatus;
    return {
      accepted: queued + placed + rejected + failed,
      queued,
      placed,
      rejected,
      failed,
      /** Placed ones that lack the order of a shop. */
      incomplete: this.#incomplete,
      /** Checkouts with an order that is not the one of one of its shops; all, if not placed. */
      duplicated: this.#withTooMany.size,
    };
  }
}

function isRejectionCode(code: unknown): boolean {
  return REJECTION_CODES.some((known) => known === code);
}
