import type { Store } from '../../../../shared/store/store.ts';
import type { ShedFigures } from '../figures.ts';
import { inTime, READ_TIMEOUT_MS } from '../read-record.ts';
import { type ShedHeartbeat, ShedTally } from './shed-tally.ts';

/** The shortest time between reads. Processes write a heartbeat every two seconds. */
const READ_EVERY_MS = 1_000;
const PROCESSES_MAX = 200;

/** Reads the counts of shed requests from the heartbeats of all API processes. */
export class ShedReader {
  readonly #store: Store;
  readonly #tally = new ShedTally();
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Reads at most once a second. Returns null until a process has sent two heartbeats.
   * @throws Error if the heartbeats cannot be read in time
   */
  async read(now: Date): Promise<ShedFigures | null> {
    if (now.getTime() - this.#triedAt >= READ_EVERY_MS) {
      this.#triedAt = now.getTime();
      this.#tally.add(await inTime('refusals by load', readHeartbeats(this.#store)));
    }
    return this.#tally.figures();
  }
}

function readHeartbeats({ processes }: Store): Promise<ShedHeartbeat[]> {
  const cursor = processes.find<ShedHeartbeat>(
    { kind: 'api', shed: { $exists: true } },
    {
      projection: { seenAt: 1, shed: 1 },
      sort: { seenAt: -1 },
      limit: PROCESSES_MAX,
      maxTimeMS: READ_TIMEOUT_MS,
    },
  );
  return cursor.toArray();
}
