import { REJECTION_CODES } from '../vocabulary.ts';

/** An accepted checkout, with the orders whose ids are derived from its id. */
interface CheckoutWithOrders {
  readonly id: string;
  readonly status: string;
  /** The recorded reason of a refusal. */
  readonly rejectionCode?: string | undefined;
  /** The shops that it buys from, each once. */
  readonly shopIds: readonly string[];
  /** The shops of its orders. */
  readonly orderShopIds: readonly string[];
}

/**
 * The statuses that the verdict distinguishes. A `waiting` checkout has no outcome yet and is not
 * in the queue, so it does not count as lost if it still waits after the queue has drained.
 */
const JUDGED_STATUSES = ['queued', 'waiting', 'placed', 'rejected', 'failed'] as const;
type JudgedStatus = (typeof JUDGED_STATUSES)[number];

/** Counts the accepted checkouts by their outcomes. */
export class CheckoutTally {
  readonly #byStatus: Record<JudgedStatus, number> = {
    queued: 0,
    waiting: 0,
    placed: 0,
    rejected: 0,
    failed: 0,
  };
  readonly #incomplete = new Set<string>();
  readonly #withoutOutcome = new Set<string>();
  readonly #withSurplus = new Set<string>();

  /** Counts a checkout. */
  add({ id, status, rejectionCode, shopIds, orderShopIds }: CheckoutWithOrders): void {
    this.#byStatus[toJudgedStatus(status, rejectionCode)] += 1;
    if (isOutcomeMissing(status, rejectionCode)) this.#withoutOutcome.add(id);
    const allowed = status === 'placed' ? shopIds : [];
    if (!allowed.every((shopId) => orderShopIds.includes(shopId))) this.#incomplete.add(id);
    if (!orderShopIds.every((shopId) => allowed.includes(shopId))) this.addSurplusOrder(id);
  }

  /**
   * Counts a checkout with a surplus order that `add` cannot see: an order whose id does not match
   * its content, or whose checkout does not exist.
   */
  addSurplusOrder(checkoutId: string): void {
    this.#withSurplus.add(checkoutId);
  }

  /** Adds the counts of another tally, which counted other checkouts. */
  merge(other: CheckoutTally): void {
    for (const status of JUDGED_STATUSES) this.#byStatus[status] += other.#byStatus[status];
    addAll(this.#incomplete, other.#incomplete);
    addAll(this.#withSurplus, other.#withSurplus);
    addAll(this.#withoutOutcome, other.#withoutOutcome);
  }

  /** The faults of each checkout; checkouts without a fault are omitted. */
  get faults(): Map<string, string[]> {
    const kinds = { order_missing: this.#incomplete, surplus_order: this.#withSurplus };
    const faults = new Map<string, string[]>();
    for (const [kind, ids] of Object.entries({ ...kinds, outcome_missing: this.#withoutOutcome })) {
      for (const id of ids) faults.set(id, [...(faults.get(id) ?? []), kind]);
    }
    return faults;
  }

  get counts() {
    const { queued, waiting, placed, rejected, failed } = this.#byStatus;
    return {
      accepted: queued + waiting + placed + rejected + failed,
      queued,
      waiting,
      placed,
      rejected,
      failed,
      /** Placed checkouts that lack the order of a shop. */
      incomplete: this.#incomplete.size,
      /**
       * Checkouts with a surplus order. Every order of a checkout that is not placed is surplus.
       */
      duplicated: this.#withSurplus.size,
    };
  }
}

/** Returns whether a checkout has an unknown status, or is rejected without a known reason. */
function isOutcomeMissing(status: string, rejectionCode: string | undefined): boolean {
  return toJudgedStatus(status, rejectionCode) === 'queued' && status !== 'queued';
}

function addAll(ids: Set<string>, more: ReadonlySet<string>): void {
  for (const id of more) ids.add(id);
}

/**
 * Returns the status that a checkout counts by. An unknown status, or a refusal without a known
 * reason, is not an outcome and counts as `queued`.
 */
function toJudgedStatus(status: string, rejectionCode: string | undefined): JudgedStatus {
  if (status === 'rejected' && !isRejectionCode(rejectionCode)) return 'queued';
  return JUDGED_STATUSES.find((known) => known === status) ?? 'queued';
}

function isRejectionCode(code: unknown): boolean {
  return REJECTION_CODES.some((known) => known === code);
}
