import { randomUUID } from 'node:crypto';
import { isDrawOver } from '../../shared/domain/draws.ts';
import { closeDraw, openDraw } from '../../shared/ledger/draws/close-draw.ts';
import { endDraw, rejectEntries, settleDraw } from '../../shared/ledger/draws/finish-draw.ts';
import { closeGates } from '../../shared/ledger/draws/gates.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { parkCheckout } from '../../shared/ledger/park-checkout.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { DrawOrderCache } from './draw-order-cache.ts';
import { placeOrPark } from './place-or-park.ts';

export const RUN_DRAWS_EVERY_MS = 250;
/** If the worker that runs the draws dies, another worker continues after this time. */
const LEASE_MS = 5_000;
/**
 * The most draws that one round reads. The bound is high, because closed draws with pending orders
 * are read first and must not hide draws whose time has come.
 */
const DRAWS_MAX = 5_000;
/** The most transactions of one round that place entries of one draw. */
const PLACED_BATCHES_MAX = 8;
/** The most transactions of one round that reject entries, at most one for each draw. */
const REJECTED_BATCHES_MAX = 4;
/**
 * This process parks at most this many entries of a draw. If more of them fail, the draw, its stock
 * or its product is at fault, and without the bound all entries would be parked.
 */
const PARKED_MAX = 10;

/**
 * How far the entries of a draw have been examined, with the units that the draw held and its
 * number of replays at that time.
 */
interface Walk {
  readonly from: number;
  readonly held: number;
  readonly replays: number;
}

/**
 * Runs the draws: announces draws that open, closes draws whose time has come, places their winners
 * and rejects the other entries. A round does a bounded part of this, so that no draw waits for the
 * end of a large draw. Draws that close earlier are closed and get their winners first.
 *
 * One worker at a time runs the draws. Its lease only saves work: each step is one transaction that
 * is conditional on the state of the draw, so a round can end at any point, and any worker can
 * repeat it.
 */
export class DrawRunner {
  readonly #ledger: LedgerContext;
  readonly #orders: DrawOrderCache;
  readonly #owner = randomUUID();
  /**
   * For each draw, the position in its order from which the next round continues. It is reset when
   * units come back or a parked entry is replayed.
   */
  readonly #walks = new Map<string, Walk>();
  /** The number of parked entries of each draw. */
  readonly #parked = new Map<string, number>();
  /** The draw whose entries were rejected last; other draws come first in the next round. */
  #rejectedLast = '';

  constructor(ledger: LedgerContext) {
    this.#ledger = ledger;
    this.#orders = new DrawOrderCache(ledger.store);
  }

  /**
   * Runs one round.
   * @returns whether another round has something to do at once
   * @throws Error that names the first draw that could not be run, once the others have been run
   */
  async round(signal?: AbortSignal): Promise<boolean> {
    const { store } = this.#ledger;
    const active = await this.#findActive();
    this.#forgetOthers(active);
    const due = active.filter((draw) => this.#isDue(draw));
    if (due.length === 0) return false;
    const leases = workLeases(store);
    const claim = { id: 'draws', owner: this.#owner, leaseMs: LEASE_MS };
    if (!(await claimLease(leases, claim))) return false;
    const faults: string[] = [];
    const mayContinue = async () => signal?.aborted !== true && (await renewLease(leases, claim));
    const runEach = async (
      draws: readonly DrawRecord[],
      run: (draw: DrawRecord) => Promise<boolean>,
    ): Promise<DrawRecord[]> => {
      const unfinished: DrawRecord[] = [];
      for (const draw of draws) {
        if (!(await mayContinue())) break;
        const hasMore = await run(draw).catch((error: unknown) => {
          faults.push(`draw ${draw._id}: ${errorMessage(error)}`);
          return false;
        });
        if (hasMore) unfinished.push(draw);
      }
      return unfinished;
    };
    try {
      const closed = await runEach(due, (draw) => this.#close(draw));
      const placing = await runEach(closed, (draw) => this.#place(draw, mayContinue));
      const finishing = await this.#pickFinishing();
      const rejecting = await runEach(finishing, (draw) => this.#reject(draw));
      if (faults.length > 0) throw new Error(faults[0]);
      return placing.length > 0 || rejecting.length > 0;
    } finally {
      await releaseLease(leases, claim.id, claim.owner);
    }
  }

  async #findActive(): Promise<DrawRecord[]> {
    const now = this.#ledger.clock.now();
    const filter: Filter<DrawRecord> = {
      isActive: true,
      $or: [
        { closesAt: { $lte: now } },
        { status: 'scheduled', opensAt: { $lte: now } },
        { isFinishing: true },
      ],
    };
    const options = { sort: { closesAt: 1 }, limit: DRAWS_MAX } as const;
    return this.#ledger.store.draws.find(filter, options).toArray();
  }

  /** Returns whether there is something to do for an active draw now. */
  #isDue(draw: DrawRecord): boolean {
    const now = this.#ledger.clock.now();
    if (draw.isFinishing === true) return true;
    if (draw.status !== 'closed') {
      return now >= draw.closesAt || (draw.status === 'scheduled' && now >= draw.opensAt);
    }
    return this.#isOver(draw) || (draw.held > 0 && !this.#isExhausted(draw));
  }

  /** Returns whether every waiting entry needs more units than the draw holds. */
  #isExhausted(draw: DrawRecord): boolean {
    return this.#toWalk(draw).from >= (draw.entryCount ?? 0);
  }

  /** Returns the walk over the entries of a draw, or a new one if an earlier entry may fit now. */
  #toWalk({ _id, position, held, replays = 0 }: DrawRecord): Walk {
    const walk = this.#walks.get(_id);
    const isValid = walk !== undefined && held <= walk.held && replays === walk.replays;
    return isValid && position <= walk.from ? walk : { from: position, held, replays };
  }

  #isOver(draw: DrawRecord): boolean {
    const { closedAt, entryCount } = draw;
    if (closedAt === undefined || entryCount === undefined) return false;
    const closed = { ...draw, closedAt, entryCount };
    return isDrawOver(closed, this.#isExhausted(draw), this.#ledger.clock.now());
  }

  /** Opens and closes a draw if its times have come. Returns whether its closing time has come. */
  async #close(draw: DrawRecord): Promise<boolean> {
    if (draw.status === 'scheduled') await openDraw(this.#ledger, draw._id);
    if (draw.status === 'scheduled' || draw.status === 'open') await closeDraw(this.#ledger, draw);
    return this.#ledger.clock.now() >= draw.closesAt;
  }

  /**
   * Places entries of a closed draw, and ends the draw if no further entry can be placed. Returns
   * whether the next round has more to do: another entry may be placed, or the draw was changed
   * before it could be ended.
   */
  async #place({ _id: drawId }: DrawRecord, mayContinue: () => Promise<boolean>): Promise<boolean> {
    const draw = await this.#read(drawId);
    if (draw?.status !== 'closed' || draw.isFinishing === true) return false;
    try {
      if (draw.held > 0 && !this.#isExhausted(draw)) await this.#walk(draw, mayContinue);
    } catch (error) {
      // The fault may last for ever, and a draw that did not end would keep its units.
      await this.#endIfOver(drawId);
      throw error;
    }
    return this.#endIfOver(drawId);
  }

  /** Ends a closed draw if it is over. Returns the same as `#place`. */
  async #endIfOver(drawId: string): Promise<boolean> {
    const placed = await this.#read(drawId);
    if (placed?.status !== 'closed' || placed.isFinishing === true) return false;
    if (this.#isOver(placed)) {
      return !(await endDraw(this.#ledger, placed, ({ revision }) => revision === placed.revision));
    }
    return placed.held > 0 && !this.#isExhausted(placed);
  }

  async #walk(draw: DrawRecord, mayContinue: () => Promise<boolean>): Promise<void> {
    const { _id: drawId, productId } = draw;
    const order = await this.#orders.get(draw);
    let walk = this.#toWalk(draw);
    for (let batch = 0; batch < PLACED_BATCHES_MAX && (await mayContinue()); batch += 1) {
      const { from, held, replays } = walk;
      const next = { drawId, productId, order, from, held };
      const result = await placeOrPark(this.#ledger, next, (checkoutId, reason) =>
        this.#park(drawId, checkoutId, reason),
      );
      if (result === undefined) return;
      walk = { from: result.next, held: result.held, replays };
      this.#walks.set(drawId, walk);
      if (walk.held === 0 || walk.from >= order.length) return;
    }
  }

  async #park(drawId: string, checkoutId: string, reason: string): Promise<boolean> {
    const count = this.#parked.get(drawId) ?? 0;
    if (count >= PARKED_MAX) return false;
    if (!(await parkCheckout(this.#ledger, checkoutId, reason))) return false;
    this.#parked.set(drawId, count + 1);
    return true;
  }

  /**
   * Returns the finishing draws whose entries this round rejects: the next `REJECTED_BATCHES_MAX`
   * by id after the draw of the last round.
   */
  async #pickFinishing(): Promise<DrawRecord[]> {
    const finishing = await this.#ledger.store.draws
      .find({ isActive: true, isFinishing: true }, { sort: { _id: 1 }, limit: DRAWS_MAX })
      .toArray();
    const later = finishing.filter(({ _id }) => _id > this.#rejectedLast);
    const earlier = finishing.filter(({ _id }) => _id <= this.#rejectedLast);
    return [...later, ...earlier].slice(0, REJECTED_BATCHES_MAX);
  }

  /**
   * Rejects some of the waiting entries of a draw, and settles the draw after the last of them.
   * Returns whether entries are left.
   */
  async #reject({ _id: drawId, status }: DrawRecord): Promise<boolean> {
    this.#rejectedLast = drawId;
    // The process that cancelled the draw may have ended before it closed the gates.
    if (status === 'cancelled') await closeGates(this.#ledger.store, drawId);
    const { isLast } = await rejectEntries(this.#ledger, drawId);
    if (isLast) await settleDraw(this.#ledger, drawId);
    return !isLast;
  }

  async #read(drawId: string): Promise<DrawRecord | null> {
    return this.#ledger.store.draws.findOne({ _id: drawId });
  }

  #forgetOthers(active: readonly DrawRecord[]): void {
    const ids = new Set(active.map(({ _id }) => _id));
    for (const byDraw of [this.#walks, this.#parked]) {
      for (const id of byDraw.keys()) if (!ids.has(id)) byDraw.delete(id);
    }
  }
}
