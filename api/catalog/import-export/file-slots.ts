import { RefusedError } from '../../../shared/domain/errors.ts';
import { QueueFullError } from '../../../shared/runtime/group-commit.ts';

/** Concurrent imports and exports of a process; each takes some memory and a connection. */
const IMPORTS_MAX = 2;
const EXPORTS_MAX = 8;
/** Concurrent exports of a shop in a process: a slow reader holds its slot for up to two minutes. */
const EXPORTS_PER_SHOP_MAX = 2;
const RETRY_AFTER_S = 5;

class Slots {
  readonly #name: string;
  readonly #max: number;
  readonly #perShopMax: number;
  /** The shop of each slot that is taken. */
  readonly #taken: string[] = [];

  constructor(name: string, max: number, perShopMax = max) {
    this.#name = name;
    this.#max = max;
    this.#perShopMax = perShopMax;
  }

  /**
   * Takes a slot for a shop.
   * @returns a function that releases the slot
   * @throws RefusedError too_many_requests if the shop already has as many slots as it may have
   * @throws QueueFullError if all slots are taken
   */
  take(shopId: string): () => void {
    const takenByShop = this.#taken.filter((holder) => holder === shopId).length;
    if (takenByShop >= this.#perShopMax) {
      const detail = `The shop already has ${takenByShop} ${this.#name} under way.`;
      throw new RefusedError('too_many_requests', detail, [], { retryAfterS: RETRY_AFTER_S });
    }
    if (this.#taken.length >= this.#max) throw new QueueFullError(this.#name);
    this.#taken.push(shopId);
    return () => {
      this.#taken.splice(this.#taken.indexOf(shopId), 1);
    };
  }
}

/** Bounds the imports and exports that a process works on at the same time. */
export class FileSlots {
  readonly imports = new Slots('imports', IMPORTS_MAX);
  readonly exports = new Slots('exports', EXPORTS_MAX, EXPORTS_PER_SHOP_MAX);
}
