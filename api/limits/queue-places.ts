import { pause } from '../../shared/runtime/deadline.ts';

/** A queued checkout: when it was accepted, and the product in whose queue it waits. */
export interface QueuedEntry {
  readonly acceptedAt: Date;
  readonly productId: string;
}

/** The place of a queued checkout. */
export interface QueuePlace {
  /** Checkouts of the same product that were accepted before. */
  readonly ahead: number;
  /** The estimated time until the checkout is settled. */
  readonly estimatedMs: number;
}

interface PlacesOptions {
  /** Reads the oldest queued checkouts, up to `readMax`, in the order of acceptance. */
  readonly read: () => Promise<readonly QueuedEntry[]>;
  readonly readMax: number;
  /** The number of waiting checkouts that this process knows of. */
  readonly waiting: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const READ_EVERY_MS = 1_000;
/**
 * The queue is read again after this many times the duration of the last read, so a long queue is
 * read less often. Until the new read ends, the last one is used, for at most twice that time.
 */
const REUSE_FACTOR = 20;
const AGE_MS_MAX = 10_000;
/** If the last read is too old, a request waits at most this long for a new read. */
const READ_WAIT_MS_MAX = 300;
/** New checkouts in shorter queues cause no read, because they are settled before a read ends. */
const WAITING_READ_MIN = 500;
/** Used until a rate has been measured. */
const PER_SECOND_UNKNOWN = 2_000;
/** The rate is measured over this much busy time. */
const BUSY_MS_MAX = 10_000;
/** A longer gap between settlements is a standstill and does not count as busy time. */
const GAP_MS_MAX = 3_000;
const SAMPLES_MAX = 1_000;

/** The queued checkouts of the last read, and the checkouts that were stored since. */
interface Queue {
  /** The times of acceptance of each product's checkouts, ascending, by product id. */
  readonly accepted: Map<string, number[]>;
  /** The number of checkouts that were read. */
  readonly readCount: number;
  /** The time of acceptance of the newest checkout that was read. */
  readonly readUpTo: number;
  readonly rounds: Rounds;
}

/**
 * Estimates when queued checkouts are settled. Reads the queue at most once a second, and only
 * while places are requested. Between reads it counts the checkouts that this process stores and
 * the checkouts that workers settle. Workers serve products round-robin, and the oldest checkout of
 * a product first. If n checkouts of the same product are ahead of a checkout, it is served in
 * round n + 1, so at most n + 1 checkouts of each other product are served before it. The rate is
 * measured only while checkouts wait, so an idle hour does not lower it.
 */
export class QueuePlaces {
  readonly #options: PlacesOptions;
  readonly #now: () => number;
  /** The last successful read; undefined before it. */
  #queue: Queue | undefined;
  #settledSinceRead = 0;
  /** Checkouts that were stored since the read in progress began. */
  #stored: QueuedEntry[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #ageMsMax = 0;
  #reading: Promise<void> | undefined;
  #samples: { readonly ms: number; readonly count: number }[] = [];
  #sampled = { ms: 0, count: 0 };
  #lastSettledAtMs: number | undefined;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Counts a checkout that this process has stored. */
  stored(entry: QueuedEntry): void {
    if (this.#reading !== undefined) this.#stored.push(entry);
    const queue = this.#recentQueue();
    if (queue !== undefined) addTo(queue.accepted, entry);
  }

  /** Counts checkouts that workers have settled. Call it before `waiting` changes. */
  settled(count: number): void {
    if (count === 0) return;
    this.#settledSinceRead += count;
    const now = this.#now();
    const ms = this.#lastSettledAtMs === undefined ? 0 : now - this.#lastSettledAtMs;
    if (ms > 0 && ms <= GAP_MS_MAX) {
      this.#addSample({ ms, count });
    }
    // If nothing is left, the time until the next checkout is idle.
    this.#lastSettledAtMs = this.#options.waiting() > count ? now : undefined;
  }

  /** Returns the place of a checkout. The queue is read again if the last read is old. */
  async find(entry: QueuedEntry): Promise<QueuePlace> {
    this.#renew();
    if (this.#reading !== undefined && this.#recentQueue() === undefined) {
      await Promise.race([this.#reading, pause(READ_WAIT_MS_MAX)]);
    }
    return this.#estimate(entry);
  }

  /** Returns the place of a checkout that was accepted now, without waiting for a read. */
  findNew(entry: QueuedEntry): QueuePlace {
    if (this.#options.waiting() >= WAITING_READ_MIN) this.#renew();
    return this.#estimate(entry);
  }

  #renew(): void {
    if (this.#now() - this.#readAtMs >= this.#ageMsMax) this.#reading ??= this.#read();
  }

  /**
   * Returns the queue as it was read, if the last try to read it is recent enough for estimates.
   */
  #recentQueue(): Queue | undefined {
    return this.#now() - this.#readAtMs < 2 * this.#ageMsMax ? this.#queue : undefined;
  }

  #estimate({ acceptedAt, productId }: QueuedEntry): QueuePlace {
    const waiting = Math.max(0, this.#options.waiting() - 1);
    const queue = this.#recentQueue();
    // Nothing is known about the products, so all waiting checkouts may be for this product.
    if (queue === undefined) return this.#toPlace(waiting, 0);
    const { accepted, readCount, readUpTo, rounds } = queue;
    const ownTimes = accepted.get(productId) ?? [];
    const time = acceptedAt.getTime();
    const ownReadCount = countBefore(ownTimes, readUpTo + 1);
    // The share of the read checkouts that still wait. The settled checkouts were the oldest.
    const waitingShare = readCount === 0 ? 0 : Math.max(0, 1 - this.#settledSinceRead / readCount);
    const counted = Math.max(
      0,
      Math.round(countBefore(ownTimes, time) - ownReadCount * (1 - waitingShare)),
    );
    // If the read was cut off before this checkout, more checkouts wait than were counted.
    const isBehindCut = readCount >= this.#options.readMax && time > readUpTo;
    const unread = isBehindCut ? Math.round((ownReadCount / readCount) * waiting) : 0;
    const ahead = Math.max(counted, unread);
    const served =
      waitingShare === 0 ? 0 : waitingShare * rounds.countServed((ahead + 1) / waitingShare);
    const others = served - Math.min(waitingShare * ownReadCount, ahead + 1);
    return this.#toPlace(ahead, Math.max(0, others));
  }

  #toPlace(ahead: number, others: number): QueuePlace {
    return { ahead, estimatedMs: Math.ceil(((ahead + others + 1) / this.#perSecond()) * 1_000) };
  }

  #addSample(sample: { readonly ms: number; readonly count: number }): void {
    this.#samples.push(sample);
    this.#sampled.ms += sample.ms;
    this.#sampled.count += sample.count;
    while (this.#sampled.ms > BUSY_MS_MAX || this.#samples.length > SAMPLES_MAX) {
      const first = this.#samples.shift();
      if (first === undefined) return;
      this.#sampled.ms -= first.ms;
      this.#sampled.count -= first.count;
    }
  }

  #perSecond(): number {
    const { ms, count } = this.#sampled;
    return count === 0 || ms <= 0 ? PER_SECOND_UNKNOWN : (count / ms) * 1_000;
  }

  /** Reads the queue. Keeps the last result if MongoDB does not answer. */
  async #read(): Promise<void> {
    const startedAt = this.#now();
    const before = this.#settledSinceRead;
    try {
      this.#queue = toQueue(await this.#options.read(), this.#stored);
      this.#settledSinceRead -= before;
    } catch {
      // Until a read succeeds, places are estimated from the last successful read, if there is one.
    } finally {
      const tookMs = this.#now() - startedAt;
      this.#readAtMs = this.#now();
      this.#ageMsMax = Math.min(AGE_MS_MAX, Math.max(READ_EVERY_MS, tookMs * REUSE_FACTOR));
      this.#reading = undefined;
      this.#stored = [];
    }
  }
}

/** @param stored checkouts stored during the read; the read may have found some of them */
function toQueue(read: readonly QueuedEntry[], stored: readonly QueuedEntry[]): Queue {
  const accepted = new Map<string, number[]>();
  for (const entry of read) addTo(accepted, entry);
  const rounds = new Rounds(Array.from(accepted.values(), ({ length }) => length));
  const readUpTo = read.at(-1)?.acceptedAt.getTime() ?? Number.NEGATIVE_INFINITY;
  for (const entry of stored) {
    if (entry.acceptedAt.getTime() > readUpTo) addTo(accepted, entry);
  }
  return { accepted, readCount: read.length, readUpTo, rounds };
}

function addTo(accepted: Map<string, number[]>, { acceptedAt, productId }: QueuedEntry): void {
  const times = accepted.get(productId);
  if (times === undefined) accepted.set(productId, [acceptedAt.getTime()]);
  else times.push(acceptedAt.getTime());
}

/**
 * Counts what round-robin serves: each round serves one checkout of every product that has one
 * left. `lengths` are the numbers of checkouts of the products.
 */
class Rounds {
  readonly #lengths: readonly number[];
  /** `#sums[n]` is the sum of the n shortest lengths. */
  readonly #sums: readonly number[];

  constructor(lengths: readonly number[]) {
    this.#lengths = lengths.toSorted((first, second) => first - second);
    let sum = 0;
    this.#sums = [0, ...this.#lengths.map((length) => (sum += length))];
  }

  /** Returns how many checkouts are served in this many rounds. */
  countServed(rounds: number): number {
    const shorter = countBefore(this.#lengths, rounds);
    return (this.#sums[shorter] ?? 0) + (this.#lengths.length - shorter) * rounds;
  }
}

/** Returns how many of the ascending `numbers` are below `limit`. */
export function countBefore(numbers: readonly number[], limit: number): number {
  let from = 0;
  let to = numbers.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((numbers[middle] ?? 0) < limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
