import { type CheckoutStatus, REJECTION_CODES } from '../vocabulary.ts';

/** An accepted checkout, with the orders whose ids are made from its id. */
interface CheckoutWithOrders {
  readonly id: string;
  readonly status: CheckoutStatus;
  /** The recorded reason of a refusal. */
  readonly rejectionCode?: string | undefined;
  /** The shops that it buys from, each once. */
  readonly shopIds: readonly string[];
  readonly orderShopIds: readonly string[];
}

/** Counts the accepted checkouts by their outcomes. */
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
    // An unknown status is no outcome, and neither is a refusal without a known reason.
    const isOutcome =
      status in this.#byStatus && (status !== 'rejected' || isRejectionCode(rejectionCode));
    this.#byStatus[isOutcome ? status : 'queued'] += 1;
    const allowed = status === 'placed' ? shopIds : [];
    if (!allowed.every((shopId) => orderShopIds.includes(shopId))) this.#incomplete += 1;
    if (!orderShopIds.every((shopId) => allowed.includes(shopId))) this.addSurplusOrder(id);
  }

  /** Notes an order whose id is not its own, or whose checkout does not exist. */
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
      /** Placed checkouts that lack the order of a shop. */
      incomplete: this.#incomplete,
      /** Checkouts with a surplus order; of one that is not placed, every order is. */
      duplicated: this.#withTooMany.size,
    };
  }
}

function isRejectionCode(code: unknown): boolean {
  return REJECTION_CODES.some((known) => known === code);
}
