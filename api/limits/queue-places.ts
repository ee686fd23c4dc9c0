import { pause } from '../../shared/runtime/deadline.ts';

/** A queued checkout: when it was accepted, and the product that decides its turn. */
export interface QueuedEntry {
  readonly acceptedAt: Date;
  readonly productId: string;
}

/** The place of a queued checkout. */
export interface QueuePlace {
  /** Checkouts of the same product that were accepted before. */
  readonly ahead: number;
  readonly estimatedMs: number;
}

interface PlacesOptions {
  /** Reads the oldest queued checkouts, up to a bound, in the order of acceptance. */
  readonly read: () => Promise<readonly QueuedEntry[]>;
  /** The number of waiting checkouts that this process knows of. */
  readonly waiting: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

const READ_EVERY_MS = 1_000;
/** Reading a long queue takes MongoDB longer, so it is read less often. */
const AGE_PER_READ_MS = 20;
const AGE_MS_MAX = 10_000;
/** A request waits no longer than this for a read, if the last one is old. */
const FIRST_READ_MS_MAX = 300;
/** Shorter queues are not read for new checkouts, which are settled before the read returns. */
const WAITING_READ_MIN = 500;
/** Used until a rate has been measured. */
const PER_SECOND_UNKNOWN = 2_000;
/**
 * The rate is measured over this much busy time. A longer gap is a standstill and does not count.
 */
const BUSY_MS_MAX = 10_000;
const GAP_MS_MAX = 3_000;
const SAMPLES_MAX = 1_000;
/** Without a read, checkouts that are stored are counted up to this number, and then anew. */
const COUNT_MAX = 200_000;

/**
 * Estimates when queued checkouts are settled. The queue is read once a second at most, and only
 * while callers ask; in between, the checkouts that this process stores and those that workers
 * settle are counted. Products take turns, and each is served oldest first. If n checkouts of the
 * same product are ahead of a checkout, each other product has at most n + 1 turns before it. The
 * rate is measured only while checkouts wait, so an idle hour does not lower it.
 */
export class QueuePlaces {
  readonly #options: PlacesOptions;
  readonly #now: () => number;
  /** The times of the checkouts of each product, by the last read and stored since. */
  #accepted = new Map<string, number[]>();
  /** The number of these checkouts, and of all that were settled since the read. */
  #count = 0;
  #settledSinceRead = 0;
  /** Checkouts that were stored since the read in progress began. */
  #stored: QueuedEntry[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #ageMsMax = 0;
  #reading: Promise<void> | undefined;
  /**
   * Returns the number of turns before a checkout with this many of its product ahead, by the last
   * read.
   */
  #turns = new Map<number, number>();
  #samples: { readonly ms: number; readonly count: number }[] = [];
  #sampled = { ms: 0, count: 0 };
  #lastSettledAtMs: number | undefined;

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Counts a checkout that this process has stored. */
  stored(entry: QueuedEntry): void {
    if (this.#count >= COUNT_MAX) this.#replace([]);
    if (this.#reading !== undefined) this.#stored.push(entry);
    this.#add(entry);
  }

  /** Counts checkouts that workers have settled. Call it before the backlog changes. */
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
    const ageMs = this.#now() - this.#readAtMs;
    if (this.#reading !== undefined && ageMs >= 2 * this.#ageMsMax) {
      await Promise.race([this.#reading, pause(FIRST_READ_MS_MAX)]);
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

  #estimate({ acceptedAt, productId }: QueuedEntry): QueuePlace {
    const own = this.#accepted.get(productId) ?? [];
    const settled = Math.round(this.#settledSinceRead * (own.length / Math.max(1, this.#count)));
    const before = countBefore(own, acceptedAt.getTime()) - settled;
    const ahead = Math.max(0, Math.min(before, this.#options.waiting() - 1));
    const others = this.#countTurns(ahead + 1) - Math.min(own.length, ahead + 1);
    const turns = ahead + Math.max(0, others) + 1;
    return { ahead, estimatedMs: Math.ceil((turns / this.#perSecond()) * 1_000) };
  }

  /**
   * Counts the turns of all products if each has this number of turns at most. Results are kept,
   * because every accepted checkout needs one of the same few numbers.
   */
  #countTurns(turnsMax: number): number {
    const known = this.#turns.get(turnsMax);
    if (known !== undefined) return known;
    let turns = 0;
    for (const { length } of this.#accepted.values()) turns += Math.min(length, turnsMax);
    this.#turns.set(turnsMax, turns);
    return turns;
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

  /** Keeps the last read if MongoDB does not answer. */
  async #read(): Promise<void> {
    const startedAt = this.#now();
    const before = this.#settledSinceRead;
    try {
      const entries = await this.#options.read();
      this.#replace([...entries, ...this.#stored]);
      this.#settledSinceRead -= before;
    } catch {
      // The places of the last read are returned meanwhile.
    } finally {
      const tookMs = this.#now() - startedAt;
      this.#readAtMs = this.#now();
      this.#ageMsMax = Math.min(AGE_MS_MAX, Math.max(READ_EVERY_MS, tookMs * AGE_PER_READ_MS));
      this.#reading = undefined;
      this.#stored = [];
    }
  }

  #replace(entries: readonly QueuedEntry[]): void {
    this.#accepted.clear();
    this.#turns.clear();
    this.#count = 0;
    for (const entry of entries) this.#add(entry);
  }

  #add({ acceptedAt, productId }: QueuedEntry): void {
    const own = this.#accepted.get(productId);
    if (own === undefined) this.#accepted.set(productId, [acceptedAt.getTime()]);
    else own.push(acceptedAt.getTime());
    this.#count += 1;
  }
}

/** Counts the times before this one, in ascending times. */
export function countBefore(times: readonly number[], time: number): number {
  let from = 0;
  let to = times.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((times[middle] ?? 0) < time) from = middle + 1;
    else to = middle;
  }
  return from;
}
