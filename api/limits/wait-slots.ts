import { RefusedError } from '../../shared/domain/errors.ts';
import type { Principal } from '../http/principal.ts';

/** Those that wait end by themselves, most of them within seconds. */
const RETRY_AFTER_S = 5;

/** How many requests of a kind may be open at a time in this process. */
export interface WaitLimits {
  readonly perBuyer: number;
  /** Of a key, those of its buyers included. */
  readonly perKey: number;
  readonly inAll: number;
}

/** Requests that stay open until something happens. Each kind is counted by itself. */
export type WaitKind = 'stream' | 'wait';

type Holder = Pick<Principal, 'id' | 'buyerId'>;

/**
 * Bounds requests that stay open, because each holds a connection and memory: of a buyer, of a key,
 * and in all. Buyers leave a part of their key's slots to the storefront itself.
 */
export class WaitSlots {
  readonly #limits: WaitLimits;
  readonly #perKeyOfBuyers: number;
  readonly #counts = new Map<string, number>();

  constructor(limits: WaitLimits, buyersSharePercent: number) {
    this.#limits = limits;
    this.#perKeyOfBuyers = Math.max(1, Math.floor((limits.perKey * buyersSharePercent) / 100));
  }

  /** Requests of the kind that are open. */
  openCount(kind: WaitKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /**
   * Takes a slot for a request.
   *
   * @returns a function that gives it back; to call it again does nothing
   * @throws RefusedError too_many_waits when the caller has too many open, or overloaded when all
   * callers together have
   */
  take(kind: WaitKind, caller: Holder): () => void {
    const { perBuyer, perKey, inAll } = this.#limits;
    const { id, buyerId } = caller;
    const isBuyer = buyerId !== undefined;
    const ofKey = `${kind} ${id}`;
    const ofBuyers = `${kind} ${id} buyers`;
    const ofBuyer = `${kind} ${id} buyer ${buyerId}`;
    if (this.#has(ofKey, perKey)) throw tooMany(perKey, 'key');
    if (isBuyer && this.#has(ofBuyer, perBuyer)) throw tooMany(perBuyer, 'buyer');
    if (isBuyer && this.#has(ofBuyers, this.#perKeyOfBuyers)) {
      throw tooMany(this.#perKeyOfBuyers, 'storefront’s buyers');
    }
    if (this.#has(kind, inAll)) {
      throw new RefusedError('overloaded', 'Too many requests are waiting. Try again later.', [], {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    const names = isBuyer ? [kind, ofKey, ofBuyers, ofBuyer] : [kind, ofKey];
    for (const name of names) this.#add(name, 1);
    let isOpen = true;
    return () => {
      if (isOpen) for (const name of names) this.#add(name, -1);
      isOpen = false;
    };
  }

  #has(name: string, count: number): boolean {
    return (this.#counts.get(name) ?? 0) >= count;
  }

  #add(name: string, change: 1 | -1): void {
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

function tooMany(max: number, whose: string): RefusedError {
  const detail = `This ${whose} has ${max} of these requests open already.`;
  return new RefusedError('too_many_waits', detail, [], { retryAfterS: RETRY_AFTER_S });
}
