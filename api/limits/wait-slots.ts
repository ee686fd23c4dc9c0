import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

/** Most waits end within seconds. */
const RETRY_AFTER_S = 5;

/** How many requests of one kind may be open at a time in this process. */
export interface WaitLimits {
  readonly perBuyer: number;
  /** For all keys of a shop and their buyers together. */
  readonly perShop: number;
  readonly inAll: number;
}

/** Kinds of requests that stay open until something happens. Each kind has its own slots. */
export type WaitKind = 'stream' | 'wait';

type Holder = Pick<Principal, 'shopId' | 'buyerId'>;

/**
 * Bounds the requests that stay open, per buyer, per shop and in total, because each needs a
 * connection and memory. The keys of a shop share its slots, so that more keys bring no more slots.
 * Buyers leave a part of the slots to the storefront itself.
 */
export class WaitSlots {
  readonly #limits: WaitLimits;
  readonly #perShopOfBuyers: number;
  readonly #counts = new Map<string, number>();

  constructor(limits: WaitLimits, buyersSharePercent: number) {
    this.#limits = limits;
    this.#perShopOfBuyers = Math.max(1, Math.floor((limits.perShop * buyersSharePercent) / 100));
  }

  /** Returns how many requests of the kind are open. */
  openCount(kind: WaitKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /**
   * Takes a slot for a request.
   *
   * @returns a function that gives the slot back; further calls do nothing
   * @throws RefusedError too_many_waits if the caller, its shop or the buyers of its shop have too
   * many requests open, or overloaded if all callers together have too many open
   */
  take(kind: WaitKind, caller: Holder): () => void {
    const { perBuyer, perShop, inAll } = this.#limits;
    const { shopId, buyerId } = caller;
    const isBuyer = buyerId !== undefined;
    const ofShop = `${kind} ${shopId}`;
    const ofBuyers = `${kind} ${shopId} buyers`;
    const ofBuyer = `${kind} ${shopId} buyer ${buyerId}`;
    if (this.#isFull(ofShop, perShop)) throw tooMany(kind, perShop, 'The keys of a shop');
    if (isBuyer && this.#isFull(ofBuyer, perBuyer)) throw tooMany(kind, perBuyer, 'A buyer');
    if (isBuyer && this.#isFull(ofBuyers, this.#perShopOfBuyers)) {
      throw tooMany(kind, this.#perShopOfBuyers, 'The buyers of a shop');
    }
    if (this.#isFull(kind, inAll)) {
      throw new RefusedError('overloaded', 'Too many requests are waiting. Try again later.', [], {
        reason: 'waits',
        retryAfterS: RETRY_AFTER_S,
      });
    }
    const names = isBuyer ? [kind, ofShop, ofBuyers, ofBuyer] : [kind, ofShop];
    for (const name of names) this.#add(name, 1);
    let isOpen = true;
    return () => {
      if (isOpen) for (const name of names) this.#add(name, -1);
      isOpen = false;
    };
  }

  #isFull(name: string, max: number): boolean {
    return (this.#counts.get(name) ?? 0) >= max;
  }

  #add(name: string, change: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

function tooMany(kind: WaitKind, max: number, holder: string): RefusedError {
  const requests = kind === 'stream' ? 'event streams' : 'requests that wait';
  const detail = `${holder} may have at most ${max} ${requests} open at a time.`;
  return new RefusedError('too_many_waits', detail, [], { retryAfterS: RETRY_AFTER_S });
}
