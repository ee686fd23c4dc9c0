import { addLapse, LAPSES_KEPT_MS, LAPSES_MAX } from '../../domain/lapsed-holds.ts';
import { heldLines } from '../../domain/reductions.ts';
import type { StockChanges } from '../../domain/stock-changes.ts';
import type { StockChange, StockLevel } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import { type LapsedHoldsRecord, toLapsesId } from '../../store/collections/lapsed-holds.ts';
import type { OrderRecord } from '../../store/collections/orders.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import { isDuplicateKey } from '../../store/faults.ts';
import type { Session, Store } from '../../store/store.ts';
import { StaleReadError } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import type { OrderCommand } from '../moving/order-command.ts';

const NO_UNITS = { onHand: 0, reserved: 0, sold: 0 };

type Lapses = Pick<LapsedHoldsRecord, '_id' | 'productId' | 'orderIds'>;

/**
 * The lapses of the buyers whose orders a transaction moves: their orders that expired in a row, by
 * product. An expiry adds a lapse for each product of which the order held units; a confirmation
 * deletes the buyer's lapses of these products.
 */
export class LapsedHolds {
  readonly #before: ReadonlyMap<string, LapsedHoldsRecord>;
  /** The changed lapses; null if they are deleted. */
  readonly #after = new Map<string, Lapses | null>();
  /**
   * By product: the highest new number of a buyer's lapses, if a stock level of the product shows
   * fewer.
   */
  readonly #rises = new Map<string, number>();

  constructor(records: readonly LapsedHoldsRecord[]) {
    this.#before = new Map(records.map((record) => [record._id, record]));
  }

  /** Reads the lapses of the buyers whose orders may expire. Other commands cost no query. */
  static async read(
    { lapsedHolds }: Store,
    session: Session,
    orders: ReadonlyMap<string, OrderRecord>,
    commands: readonly OrderCommand[],
  ): Promise<LapsedHolds> {
    const ids = new Set<string>();
    for (const { orderId, move } of commands) {
      const order = move === 'expire' ? orders.get(orderId) : undefined;
      if (order?.status !== 'pending') continue;
      for (const productId of listHeldProducts(order)) ids.add(toLapsesId(order, productId));
    }
    if (ids.size === 0) return new LapsedHolds([]);
    const wanted = [...ids];
    return new LapsedHolds(
      await lapsedHolds
        .find<LapsedHoldsRecord>(byIds(wanted), { ...inOneBatch(wanted), session })
        .toArray(),
    );
  }

  /** Records the lapses that a move of an order adds or deletes. */
  note(before: OrderRecord, { status }: OrderRecord, stock: StockChanges): void {
    if (status === before.status) return;
    if (status === 'confirmed') {
      for (const id of listLapsesIds(before, stock)) this.#after.set(id, null);
    }
    if (status !== 'expired') return;
    for (const productId of listHeldProducts(before)) {
      const id = toLapsesId(before, productId);
      const earlier = this.#after.has(id) ? this.#after.get(id) : this.#before.get(id);
      const orderIds = addLapse(earlier?.orderIds ?? [], before._id);
      this.#after.set(id, { _id: id, productId, orderIds });
      const isShown = before.lines.every(
        (line) =>
          line.productId !== productId ||
          (stock.get(line.variantId)?.lapses ?? 0) >= orderIds.length,
      );
      if (isShown) continue;
      this.#rises.set(productId, Math.max(this.#rises.get(productId) ?? 0, orderIds.length));
    }
  }

  /**
   * Writes the changed lapses.
   * @throws StaleReadError if another process has written the first lapse of one of the buyers
   */
  async write(store: Store, session: Session, at: Date): Promise<void> {
    if (this.#after.size === 0) return;
    const { lapsedHolds } = writable(store);
    const changed = [...this.#after.values()].filter((lapses) => lapses !== null);
    const deletedIds = [...this.#after].flatMap(([id, after]) => (after === null ? id : []));
    if (deletedIds.length > 0) await lapsedHolds.deleteMany(byIds(deletedIds), { session });
    const saleEnds = await readSaleEnds(store, session, changed);
    const records = changed.map((lapses): LapsedHoldsRecord => {
      const kept = new Date(at.getTime() + LAPSES_KEPT_MS);
      const saleUntil = saleEnds.get(lapses.productId) ?? at;
      const until = saleUntil > at ? saleUntil : kept;
      return { ...lapses, count: lapses.orderIds.length, until };
    });
    const toInsert = records.filter(({ _id }) => !this.#before.has(_id));
    const toUpdate = records.filter(({ _id }) => this.#before.has(_id));
    if (toInsert.length > 0) {
      try {
        await lapsedHolds.insertMany(toInsert, { session, ordered: false });
      } catch (error) {
        throw isDuplicateKey(error, '_id_') ? new StaleReadError('lapsed holds') : error;
      }
    }
    if (toUpdate.length === 0) return;
    await lapsedHolds.bulkWrite(
      toUpdate.map(({ _id, orderIds, count, until }) => ({
        updateOne: { filter: { _id }, update: { $set: { orderIds, count, until } } },
      })),
      { session, ordered: false },
    );
  }

  /**
   * Adds to the changes of stock that every level of a product shows the new highest count of
   * lapses. A concurrent confirmation or settlement writes one of these levels, so it conflicts. A
   * product has at most `LAPSES_MAX` rises until its lapses are forgotten.
   */
  async withRises(
    { stock }: Store,
    session: Session,
    stockChanges: readonly StockChange[],
  ): Promise<readonly StockChange[]> {
    if (this.#rises.size === 0) return stockChanges;
    const changes = new Map(stockChanges.map((change) => [change.variantId, change]));
    const levels = await stock
      .find<{ readonly _id: string } & Pick<StockLevel, 'productId' | 'version' | 'lapses'>>(
        { productId: { $in: [...this.#rises.keys()] } },
        { session, projection: { productId: 1, version: 1, lapses: 1 } },
      )
      .toArray();
    for (const [productId, productLevels] of Map.groupBy(levels, (level) => level.productId)) {
      const counts = productLevels.map(({ lapses = 0 }) => lapses);
      const highest = Math.max(this.#rises.get(productId) ?? 0, ...counts);
      for (const { _id: variantId, version, lapses = 0 } of productLevels) {
        if (lapses === highest) continue;
        const unchanged = { variantId, fromVersion: version, toVersion: version, delta: NO_UNITS };
        changes.set(variantId, { ...(changes.get(variantId) ?? unchanged), lapses: highest });
      }
    }
    return [...changes.values()];
  }
}

/**
 * Reads the ends of sales, by product. Reads only the products for which a buyer now has to wait
 * behind others.
 */
async function readSaleEnds(
  { products }: Store,
  session: Session,
  lapses: readonly Lapses[],
): Promise<ReadonlyMap<string, Date>> {
  const marked = lapses.filter(({ orderIds }) => orderIds.length >= LAPSES_MAX);
  if (marked.length === 0) return new Map();
  const ids = [...new Set(marked.map(({ productId }) => productId))];
  const records = await products
    .find<Pick<ProductRecord, '_id' | 'saleUntil'>>(byIds(ids), {
      ...{ session, projection: { saleUntil: 1 } },
    })
    .toArray();
  return new Map(records.flatMap(({ _id, saleUntil }) => (saleUntil ? [[_id, saleUntil]] : [])));
}

/** Lists the products of which an order holds units, without duplicates. */
function listHeldProducts(order: OrderRecord): ReadonlySet<string> {
  const held = heldLines(order);
  return new Set(
    order.lines.flatMap(({ productId }, index) =>
      (held[index]?.quantity ?? 0) > 0 ? productId : [],
    ),
  );
}

/**
 * Lists the ids of the lapses that an order's buyer may have: for products whose levels show
 * lapses.
 */
function listLapsesIds(order: OrderRecord, stock: Pick<StockChanges, 'get'>): string[] {
  return order.lines.flatMap(({ variantId, productId }) =>
    stock.get(variantId)?.lapses === undefined ? [] : toLapsesId(order, productId),
  );
}

/** Deletes the lapses of the buyers whose orders are confirmed when they are placed. */
export async function deleteLapsesOfConfirmed(
  store: Store,
  session: Session,
  orders: readonly OrderRecord[],
  stock: ReadonlyMap<string, StockLevel>,
): Promise<void> {
  const ids = new Set<string>();
  for (const order of orders) {
    if (order.status !== 'confirmed') continue;
    for (const id of listLapsesIds(order, stock)) ids.add(id);
  }
  if (ids.size > 0) await writable(store).lapsedHolds.deleteMany(byIds([...ids]), { session });
}
