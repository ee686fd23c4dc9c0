import { readWaits, type WaitingForUnits } from '../../../shared/store/read-waits.ts';
import type { Store } from '../../../shared/store/store.ts';
import type { SeenWorker } from '../../system/read-health.ts';
import type { LastServed } from './figures.ts';
import { READ_TIMEOUT_MS } from './read-record.ts';

const READ_EVERY_MS = 1_000;

/** Reads the checkouts that wait for units to come back. */
export class WaitReader {
  readonly #store: Store;
  #waits: WaitingForUnits | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Reads at most once a second. Returns null if the last read failed. */
  async read(now: Date): Promise<WaitingForUnits | null> {
    if (now.getTime() - this.#triedAt >= READ_EVERY_MS) {
      this.#triedAt = now.getTime();
      this.#waits = await readWaits(this.#store, now, READ_TIMEOUT_MS).catch(() => null);
    }
    return this.#waits;
  }
}

/** Finds the latest units that any worker gave to a waiting checkout. */
export function findLastServed(
  workers: readonly Pick<SeenWorker, 'servedAgoMs' | 'servedFreeMs'>[],
): LastServed | null {
  const served = workers.flatMap(({ servedAgoMs: agoMs, servedFreeMs: freeMs }) =>
    agoMs === undefined || freeMs === undefined ? [] : [{ agoMs, freeMs }],
  );
  return served.reduce<LastServed | null>(
    (latest, units) => (latest === null || units.agoMs < latest.agoMs ? units : latest),
    null,
  );
}
