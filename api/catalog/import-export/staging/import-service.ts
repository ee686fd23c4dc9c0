import { RefusedError } from '../../../../shared/domain/errors.ts';
import { QueueFullError } from '../../../../shared/runtime/group-commit.ts';
import type { Logger } from '../../../../shared/runtime/logger.ts';
import { type Periodic, startPeriodic } from '../../../../shared/runtime/periodic.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { finishImport } from './finish-import.ts';
import { takeAbandoned } from './import-record.ts';

/** Imports and exports that a process works on at once; each takes some memory and a connection. */
const IMPORTS_MAX = 2;
const EXPORTS_MAX = 8;
/** Of these, what one shop may have at once: a slow reader holds its place for minutes. */
const EXPORTS_PER_SHOP_MAX = 2;
const RETRY_AFTER_S = 5;
const RECOVER_EVERY_MS = 5_000;
const ABANDONED_MAX = 100;

/** Counts what is under way, so that there is never too much of it. */
class Places {
  readonly #name: string;
  readonly #max: number;
  readonly #perShopMax: number;
  /** The shop of each place that is taken. */
  readonly #taken: string[] = [];

  constructor(name: string, max: number, perShopMax = max) {
    this.#name = name;
    this.#max = max;
    this.#perShopMax = perShopMax;
  }

  /**
   * @returns what gives the place back
   * @throws RefusedError too_many_requests when the shop has all that it may have
   * @throws QueueFullError when all places are taken
   */
  take(shopId: string): () => void {
    const ofShop = this.#taken.filter((each) => each === shopId);
    if (ofShop.length >= this.#perShopMax) {
      const detail = `The shop has ${ofShop.length} ${this.#name} under way already.`;
      throw new RefusedError('too_many_requests', detail, [], { retryAfterS: RETRY_AFTER_S });
    }
    if (this.#taken.length >= this.#max) throw new QueueFullError(this.#name, this.#max);
    this.#taken.push(shopId);
    return () => {
      this.#taken.splice(this.#taken.indexOf(shopId), 1);
    };
  }
}

/** Where a process keeps its imports and exports in order, and finishes those of dead processes. */
export class ImportService {
  readonly imports = new Places('imports', IMPORTS_MAX);
  readonly exports = new Places('exports', EXPORTS_MAX, EXPORTS_PER_SHOP_MAX);
  readonly #recovery: Periodic;

  constructor(store: Store, log: Logger) {
    this.#recovery = startPeriodic({
      everyMs: RECOVER_EVERY_MS,
      run: async (signal) => {
        const finished = await finishAbandoned(store, signal);
        if (finished > 0) log.info({ finished }, 'finished imports of processes that have ended');
      },
      onError: (error) => {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason }, 'will try again to finish imports');
      },
    });
  }

  /** Resolves when nothing is being finished any more. */
  stop(): Promise<void> {
    return this.#recovery.stop();
  }
}

/**
 * Finishes what other processes have begun and no longer work on: what is committed is completed,
 * what is not is taken back.
 * @returns how many imports
 */
export async function finishAbandoned(store: Store, signal?: AbortSignal): Promise<number> {
  for (let finished = 0; ; finished += 1) {
    if (finished === ABANDONED_MAX || signal?.aborted === true) return finished;
    const held = await takeAbandoned(store);
    if (held === undefined) return finished;
    await finishImport(store, held);
  }
}
