import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { LapsedHoldsRecord } from '../../store/collections/lapsed-holds.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session, Store } from '../../store/store.ts';
import type { Filter } from '../../store/typed-collection.ts';
import { writable } from '../../store/writable.ts';
import { commit } from '../commit.ts';
import type { LedgerContext } from '../ledger.ts';

/**
 * The maximum number of buyers whose lapses one transaction deletes, and of transactions in one
 * call.
 */
const PAGE_MAX = 1_000;
const PAGES_MAX = 1_000;
/** The maximum number of records whose time is over that one call reads. */
const DUE_MAX = 500;

type DueLapses = Pick<LapsedHoldsRecord, '_id'>;

/** Deletes all buyers' lapses of products, because their sales have ended or begin. */
export async function forgetLapses(
  context: LedgerContext,
  productIds: readonly string[],
): Promise<void> {
  for (const productId of await findLapsedProducts(context.store, productIds)) {
    for (let page = 0; page < PAGES_MAX; page += 1) {
      if ((await forgetPage(context, productId, {})) < PAGE_MAX) break;
    }
  }
}

/** Finds the products that have lapses. Most have none, and this check needs no transaction. */
async function findLapsedProducts(
  { lapsedHolds, stock }: Store,
  productIds: readonly string[],
): Promise<Set<string>> {
  if (productIds.length === 0) return new Set();
  const among = { productId: { $in: [...productIds] } };
  const held = await lapsedHolds.distinct<string>('productId', among);
  const marked = { ...among, lapses: { $exists: true } };
  return new Set([...held, ...(await stock.distinct<string>('productId', marked))]);
}

/**
 * Deletes lapses whose time is over, as many as one call may. If the end of a product's sale was
 * moved to a later time, its lapses are kept until then.
 */
export async function forgetOldLapses(context: LedgerContext, signal: AbortSignal): Promise<void> {
  const { store, clock } = context;
  const due = await store.lapsedHolds
    .find<Pick<LapsedHoldsRecord, 'productId'>>(
      { until: { $lte: clock.now() } },
      { projection: { productId: 1 }, sort: { until: 1 }, limit: DUE_MAX },
    )
    .toArray();
  for (const productId of new Set(due.map(({ productId }) => productId))) {
    if (!signal.aborted) await forgetPage(context, productId, { until: { $lte: clock.now() } });
  }
}

/**
 * Deletes a page of a product's lapses. If only old lapses are to be deleted and the product's sale
 * has not ended, keeps them until its end instead.
 * @returns the number of lapses that were read
 */
async function forgetPage(
  context: LedgerContext,
  productId: string,
  filter: Filter<LapsedHoldsRecord>,
): Promise<number> {
  return commit(context, [productId], async (session) => {
    const at = context.clock.now();
    const { lapsedHolds, products } = context.store;
    const lapses = await lapsedHolds
      .find<DueLapses>(
        { productId, ...filter },
        { session, projection: { _id: 1 }, limit: PAGE_MAX, ...inOneBatch({ length: PAGE_MAX }) },
      )
      .toArray();
    const product = await products.findOne<Pick<ProductRecord, 'saleUntil'>>(
      { _id: productId },
      { session, projection: { saleUntil: 1 } },
    );
    const ids = lapses.map(({ _id }) => _id);
    const saleUntil = product?.saleUntil;
    const isKept = 'until' in filter && saleUntil !== undefined && saleUntil > at;
    const write = () =>
      isKept
        ? keepUntil(context, session, ids, saleUntil)
        : forget(context, session, productId, ids);
    return { result: lapses.length, changes: { at, write } };
  });
}

async function keepUntil(
  { store }: LedgerContext,
  session: Session,
  ids: readonly string[],
  until: Date,
): Promise<void> {
  if (ids.length === 0) return;
  await writable(store).lapsedHolds.updateMany(byIds(ids), { $set: { until } }, { session });
}

/**
 * Deletes these lapses. The stock levels of the product then show the highest count that is left.
 */
async function forget(
  { store }: LedgerContext,
  session: Session,
  productId: string,
  ids: readonly string[],
): Promise<void> {
  const { lapsedHolds, stock } = writable(store);
  if (ids.length > 0) await lapsedHolds.deleteMany(byIds(ids), { session });
  const lapses = await findMostLapses(store, session, productId);
  const marked = { productId, lapses: { $exists: true } };
  const update = lapses === undefined ? { $unset: { lapses: '' } } : { $set: { lapses } };
  await stock.updateMany(marked, update, { session });
}

/**
 * Returns the highest number of lapses that a buyer has of a product; undefined if there are none.
 */
export async function findMostLapses(
  { lapsedHolds }: Store,
  session: Session,
  productId: string,
): Promise<number | undefined> {
  const most = await lapsedHolds.findOne<Pick<LapsedHoldsRecord, 'count'>>(
    { productId },
    { session, projection: { count: 1 }, sort: { count: -1 } },
  );
  return most?.count;
}
