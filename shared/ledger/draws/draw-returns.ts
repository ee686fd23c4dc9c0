import type { StockChanges } from '../../domain/stock-changes.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { Session, Store } from '../../store/store.ts';
import type { ChangedOrder } from '../moving/order-command.ts';
import { moveHeld, updateDraw } from './draw-store.ts';

/**
 * What a transaction adds to the units that a draw holds, and to the number of its pending orders.
 */
interface DrawChange {
  held: number;
  openOrders: number;
}

/**
 * The draws of the orders that a transaction moves. While a draw gives out units, the units that
 * its orders give back are set aside again in the same transaction, for the next entry.
 */
export class DrawReturns {
  readonly #draws: ReadonlyMap<string, DrawRecord>;
  readonly #changes = new Map<string, DrawChange>();

  constructor(draws: readonly DrawRecord[]) {
    this.#draws = new Map(draws.map((draw) => [draw._id, draw]));
  }

  /**
   * Reads those draws of these orders that still give out units. Orders without a draw cost no
   * query.
   */
  static async read(
    { draws }: Store,
    session: Session,
    orders: readonly OrderRecord[],
  ): Promise<DrawReturns> {
    const ids = new Set<string>();
    for (const { drawId } of orders) if (drawId !== undefined) ids.add(drawId);
    if (ids.size === 0) return NONE;
    const filter = { _id: { $in: [...ids] }, status: 'closed' as const };
    const closed = await draws.find(filter, { session }).toArray();
    return new DrawReturns(closed.filter(({ isFinishing }) => isFinishing !== true));
  }

  /**
   * Sets aside, in `stock`, the units that a moved order gives back. Returns the moved order with
   * the additional movement, and without the events that report units as available.
   */
  setAside(stock: StockChanges, before: OrderRecord, moved: ChangedOrder, at: Date): ChangedOrder {
    const draw = this.#draws.get(before.drawId ?? '');
    if (draw === undefined) return moved;
    const change = this.#changes.get(draw._id) ?? { held: 0, openOrders: 0 };
    this.#changes.set(draw._id, change);
    if (before.status === 'pending' && moved.order.status !== 'pending') change.openOrders -= 1;
    const units = countFreed(moved);
    if (units <= 0) return moved;
    change.held += units;
    const cause = { reason: 'goes to the next entry of a draw', actor: 'system', at };
    const movement = moveHeld(stock, draw, { units, ...cause });
    return {
      order: moved.order,
      movements: [...moved.movements, movement],
      // The units cannot be bought, because they go to the next entry.
      events: moved.events.filter(({ type }) => type !== 'stock.returned'),
    };
  }

  /** Writes the draws that have changed. */
  async write(store: Store, session: Session): Promise<void> {
    for (const [drawId, { held, openOrders }] of this.#changes) {
      const draw = this.#draws.get(drawId);
      if (draw === undefined || (held === 0 && openOrders === 0)) continue;
      await updateDraw(store, session, draw, { $inc: { held, openOrders } });
    }
  }
}

const NONE = new DrawReturns([]);

/** Counts the units that movements made available. */
function countFreed({ movements }: ChangedOrder): number {
  return movements.reduce((sum, { delta }) => sum + delta.onHand - delta.reserved, 0);
}
