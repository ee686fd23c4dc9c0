import { randomUUID } from 'node:crypto';
import { isDrawOver } from '../../shared/domain/draws.ts';
import { closeDraw, openDraw } from '../../shared/ledger/draws/close-draw.ts';
import { endDraw, rejectEntries, settleDraw } from '../../shared/ledger/draws/finish-draw.ts';
import { placeWinners } from '../../shared/ledger/draws/place-winners.ts';
import type { LedgerContext } from '../../shared/ledger/ledger.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { DrawOrderCache } from './draw-order-cache.ts';

export const RUN_DRAWS_EVERY_MS = 250;
/** Another worker continues this long after the one that runs the draws has died. */
const LEASE_MS = 5_000;
/**
 * Draws of one round, and transactions of one draw in it. Closed draws whose orders are pending count
 * too: they must not hide those whose time has come.
 */
const DRAWS_MAX = 5_000;
const BATCHES_MAX = 400;

/**
 * Runs the draws: announces those that open, closes those whose time has come, places their winners
 * and rejects the other entries. One worker at a time does so. Its lease only saves work: each step
 * is one transaction that is conditional on the state of the draw, so a round can end at any point,
 * and any worker can repeat it.
 */
export class DrawRunner {
  readonly #ledger: LedgerContext;
  readonly #orders: DrawOrderCache;
  readonly #owner = randomUUID();
  /** For each draw, the revision at which its units were enough for no waiting entry. */
  readonly #exhaustedAt = new Map<string, number>();

  constructor(ledger: LedgerContext) {
    this.#ledger = ledger;
    this.#orders = new DrawOrderCache(ledger.store);
  }

  /** @throws Error that names the first draw that could not be run, once the others have been */
  async round(signal?: AbortSignal): Promise<void> {
    const { store } = this.#ledger;
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
    const active = await store.draws.find(filter, options).toArray();
    this.#forgetOthers(active);
    const due = active.filter((draw) => this.#isDue(draw));
    if (due.length === 0) return;
    const leases = workLeases(store);
    const claim = { id: 'draws', owner: this.#owner, leaseMs: LEASE_MS };
    if (!(await claimLease(leases, claim))) return;
    const faults: string[] = [];
    const mayGoOn = async () => signal?.aborted !== true && (await renewLease(leases, claim));
    try {
      for (const draw of due) {
        if (!(await mayGoOn())) break;
        await this.#run(draw, mayGoOn).catch((error: unknown) => {
          faults.push(`draw ${draw._id}: ${errorMessage(error)}`);
        });
      }
    } finally {
      await releaseLease(leases, claim.id, claim.owner);
    }
    if (faults.length > 0) throw new Error(faults[0]);
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

  #isExhausted({ _id, revision }: DrawRecord): boolean {
    return this.#exhaustedAt.get(_id) === revision;
  }

  #isOver(draw: DrawRecord): boolean {
    const { closedAt, entryCount } = draw;
    if (closedAt === undefined || entryCount === undefined) return false;
    const closed = { ...draw, closedAt, entryCount };
    return isDrawOver(closed, this.#isExhausted(draw), this.#ledger.clock.now());
  }

  async #run(draw: DrawRecord, mayGoOn: () => Promise<boolean>): Promise<void> {
    const ledger = this.#ledger;
    if (draw.status === 'scheduled') await openDraw(ledger, draw._id);
    if (draw.status === 'scheduled' || draw.status === 'open') await closeDraw(ledger, draw);
    const closed = await this.#read(draw._id);
    if (closed?.status === 'closed' && closed.isFinishing !== true) {
      await this.#place(closed, mayGoOn);
    }
    const placed = await this.#read(draw._id);
    if (placed?.status === 'closed' && placed.isFinishing !== true && this.#isOver(placed)) {
      await endDraw(ledger, placed, ({ revision }) => revision === placed.revision);
    }
    const ended = await this.#read(draw._id);
    if (ended?.isFinishing === true) await this.#reject(ended, mayGoOn);
  }

  async #read(drawId: string): Promise<DrawRecord | null> {
    return this.#ledger.store.draws.findOne({ _id: drawId });
  }

  /** Places entries as long as the draw holds units for them. */
  async #place(draw: DrawRecord, mayGoOn: () => Promise<boolean>): Promise<void> {
    if (draw.held === 0 || this.#isExhausted(draw)) return;
    const { _id: drawId, productId } = draw;
    const order = await this.#orders.get(draw);
    let from = draw.position;
    for (let batch = 0; batch < BATCHES_MAX && (await mayGoOn()); batch += 1) {
      const done = await placeWinners(this.#ledger, { drawId, productId, order, from });
      if (done === undefined || done.held === 0) return;
      from = done.next;
      if (from < order.length) continue;
      const after = await this.#read(drawId);
      if (after !== null) this.#exhaustedAt.set(drawId, after.revision);
      return;
    }
  }

  /** Rejects the entries that still wait; then the draw is settled. */
  async #reject({ _id: drawId }: DrawRecord, mayGoOn: () => Promise<boolean>): Promise<void> {
    let after: string | undefined;
    for (let batch = 0; batch < BATCHES_MAX && (await mayGoOn()); batch += 1) {
      const { last } = await rejectEntries(this.#ledger, drawId, after);
      if (last === undefined) {
        await settleDraw(this.#ledger, drawId);
        return;
      }
      after = last;
    }
  }

  #forgetOthers(active: readonly DrawRecord[]): void {
    const ids = new Set(active.map(({ _id }) => _id));
    for (const id of this.#exhaustedAt.keys()) if (!ids.has(id)) this.#exhaustedAt.delete(id);
  }
}
