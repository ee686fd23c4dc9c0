import type { Clock } from '../../../runtime/clock.ts';
import { ChangeFeed, type FeedBatch, isTokenLost } from '../../../store/change-feed.ts';
import type { Store } from '../../../store/store.ts';
import { RANGE_SIZES, versionRanges } from '../ranges.ts';
import { buildJudgement } from './build.ts';
import { EventsBySubject } from './events-by-subject.ts';
import { judgeBatch } from './judge-batch.ts';
import type { Faults } from './judge-checkouts.ts';
import { judgeDiscounts, judgeVariants } from './judge-whole.ts';
import {
  type JudgingState,
  type JudgingStore,
  judgingStore,
  readFaults,
  saveAccounts,
  saveFaults,
} from './judging-store.ts';

interface RecordJudgeOptions {
  readonly store: Store;
  readonly clock: Clock;
  /**
   * Called before anything is stored.
   * @throws Error if another process may judge now
   */
  readonly assertMayJudge?: () => void;
  /** The pause after a complete reading, as a multiple of the time that the reading took. */
  readonly wholeRestFactor?: number;
}

/** The maximum number of batches in one round. */
const BATCHES_MAX = 20;
/**
 * After a batch the judge rests for this many times the batch's duration, so that it uses a fifth
 * of a core. It uses more if a batch takes longer than half a second, because no rest is longer
 * than `REST_MS_MAX`.
 */
const REST_FACTOR = 4;
const REST_MS_MAX = 2_000;
/** With this factor, complete readings take at most a tenth of the time. */
export const WHOLE_REST_FACTOR = 9;
/** With more doubted variants and discounts than this, the whole record is read. */
const DOUBTS_MAX = 500;
/** How often the time of the last check is stored while nothing changes. */
const IDLE_SAVE_MS = 5_000;

/**
 * Judges the record as it changes, at a cost in proportion to the changes. It keeps an account of
 * each variant and each discount, and updates the account from MongoDB's change stream. If a change
 * does not fit the account, or the account has a fault already, all records of that variant or
 * discount are read and judged by the rules of the verdict. A process continues where the last
 * process stopped, from a token that is stored with the accounts.
 */
export class RecordJudge {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #judging: JudgingStore;
  readonly #assertMayJudge: () => void;
  readonly #wholeRestFactor: number;
  #feed: ChangeFeed | undefined;
  #state: JudgingState | undefined;
  #doubted = { variants: new Set<string>(), discounts: new Set<string>() };
  #mayReadWholeAt = 0;

  constructor({
    store,
    clock,
    assertMayJudge = () => undefined,
    wholeRestFactor = WHOLE_REST_FACTOR,
  }: RecordJudgeOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#assertMayJudge = assertMayJudge;
    this.#wholeRestFactor = wholeRestFactor;
    this.#judging = judgingStore(store);
  }

  /**
   * Judges what has changed since the last round, in batches. If the oplog no longer has those
   * changes, reads the whole record once the rest after the last complete reading is over.
   * @param rest called after each batch, to pause for this many ms
   */
  async round(signal: AbortSignal, rest: (ms: number) => Promise<void>): Promise<void> {
    try {
      for (let batches = 0; batches < BATCHES_MAX && !signal.aborted; batches += 1) {
        const startedAt = performance.now();
        if (!(await this.#step())) return;
        await rest(Math.min(REST_MS_MAX, REST_FACTOR * (performance.now() - startedAt)));
      }
    } catch (error) {
      await this.close();
      if (!isTokenLost(error)) throw error;
      await this.#readAnew();
    }
  }

  /** Closes the change stream. The next round continues from the stored position. */
  async close(): Promise<void> {
    const feed = this.#feed;
    this.#feed = undefined;
    this.#state = undefined;
    await feed?.close().catch(() => undefined);
  }

  /** Judges one batch of changes. Returns whether the round continues. */
  async #step(): Promise<boolean> {
    const feed = await this.#open();
    if (feed === undefined) return this.#readAnew();
    const readAt = this.#clock.now();
    const batch = await feed.readBatch();
    const subjects = new EventsBySubject(batch.events);
    if (subjects.isUnknown || this.#doubtCount > DOUBTS_MAX) return this.#readAnew();
    const last = batch.events.at(-1);
    if (last !== undefined) {
      const judged = { subjects, asOf: last.clusterTime, foundAt: readAt };
      const doubts = await judgeBatch(this.#store, this.#judging, judged, this.#assertMayJudge);
      for (const id of doubts.variants) this.#doubted.variants.add(id);
      for (const id of doubts.discounts) this.#doubted.discounts.add(id);
    }
    await this.#judgeDoubted();
    await this.#save(batch, subjects, readAt);
    return !batch.isLast;
  }

  /**
   * Reads the whole record. If the rest after the last complete reading is not over, closes the
   * feed instead; a later round continues from the same position.
   */
  async #readAnew(): Promise<boolean> {
    if (performance.now() < this.#mayReadWholeAt) {
      await this.close();
      return false;
    }
    await this.#build();
    return true;
  }

  /**
   * Opens the change stream at the stored position. Returns undefined if nothing has been judged
   * yet.
   */
  async #open(): Promise<ChangeFeed | undefined> {
    if (this.#feed !== undefined) return this.#feed;
    const state = await this.#judging.states.findOne({ _id: 'record' });
    if (state === null) return undefined;
    this.#state = state;
    this.#doubted = {
      variants: new Set(state.doubted.variants),
      discounts: new Set(state.doubted.discounts),
    };
    this.#feed = await ChangeFeed.open(this.#store, state.token);
    return this.#feed;
  }

  /** Judges the whole record, and then follows the changes since the beginning of that reading. */
  async #build(): Promise<void> {
    const startedAt = performance.now();
    await this.close();
    const feed = await ChangeFeed.open(this.#store);
    try {
      this.#doubted = { variants: new Set(), discounts: new Set() };
      const { token } = feed;
      const wholeAt = this.#clock.now();
      await buildJudgement(this.#store, this.#judging, wholeAt, this.#assertMayJudge);
      const counts = { changes: 0, checkouts: 0 };
      await this.#advance({ token, checkedUntil: wholeAt, wholeAt, counts });
    } catch (error) {
      await feed.close();
      throw error;
    } finally {
      this.#restAfter(startedAt);
    }
    this.#feed = feed;
  }

  get #doubtCount(): number {
    return this.#doubted.variants.size + this.#doubted.discounts.size;
  }

  /**
   * Reads all records of the doubted variants and discounts, once the rest after the last complete
   * reading is over. If there are too many, they stay in doubt, and the next step reads the whole
   * record.
   */
  async #judgeDoubted(): Promise<void> {
    const { variants, discounts } = this.#doubted;
    const startedAt = performance.now();
    const isDue = this.#doubtCount > 0 && startedAt >= this.#mayReadWholeAt;
    if (!isDue || this.#doubtCount > DOUBTS_MAX) return;
    const { changes, uses } = RANGE_SIZES;
    for (const range of await versionRanges(this.#store.stock, changes, [...variants])) {
      const { accounts, faults } = await judgeVariants(this.#store, range);
      await this.#saveWhole(faults, () => saveAccounts(this.#judging.variants, accounts));
    }
    variants.clear();
    for (const range of await versionRanges(this.#store.discounts, uses, [...discounts])) {
      const { accounts, faults } = await judgeDiscounts(this.#store, range);
      await this.#saveWhole(faults, () => saveAccounts(this.#judging.discounts, accounts));
    }
    discounts.clear();
    this.#restAfter(startedAt);
  }

  /** Sets when the next complete reading may begin, after one that began at `startedAt`. */
  #restAfter(startedAt: number): void {
    const tookMs = performance.now() - startedAt;
    this.#mayReadWholeAt = performance.now() + this.#wholeRestFactor * tookMs;
  }

  /** Stores the accounts and the faults of a complete reading. */
  async #saveWhole(faults: Faults, saveJudged: () => Promise<void>): Promise<void> {
    this.#assertMayJudge();
    await saveJudged();
    await saveFaults(this.#judging, faults, this.#clock.now());
  }

  /**
   * Stores the new position. The results of all changes before that position must have been stored.
   */
  async #save({ token, isLast, events }: FeedBatch, subjects: EventsBySubject, readAt: Date) {
    const before = this.#state;
    if (before === undefined) return;
    const hasDoubts = this.#doubtCount > 0;
    const isIdle = events.length === 0 && !hasDoubts;
    const idleMs = readAt.getTime() - before.checkedUntil.getTime();
    if (isIdle && before.faultCount === 0 && idleMs < IDLE_SAVE_MS) return;
    const last = events.at(-1);
    const reached = isLast || !last ? readAt : new Date(last.clusterTime.getHighBits() * 1_000);
    const { changes, checkouts } = before.counts;
    await this.#advance({
      token,
      checkedUntil: hasDoubts ? before.checkedUntil : reached,
      wholeAt: before.wholeAt,
      counts: {
        changes: changes + subjects.changes,
        checkouts: checkouts + subjects.checkouts.size,
      },
    });
  }

  /** Stores the state, with the subjects in doubt and the faults that are stored now. */
  async #advance(
    state: Pick<JudgingState, 'token' | 'checkedUntil' | 'wholeAt' | 'counts'>,
  ): Promise<void> {
    this.#assertMayJudge();
    const doubted = {
      variants: [...this.#doubted.variants],
      discounts: [...this.#doubted.discounts],
    };
    const next = {
      _id: 'record' as const,
      ...state,
      doubted,
      ...(await readFaults(this.#judging)),
    };
    await this.#judging.states.replaceOne({ _id: 'record' }, next, { upsert: true });
    this.#state = next;
  }
}
