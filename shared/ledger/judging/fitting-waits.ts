import type { JudgedWindow } from '../../domain/judging/verdict.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { StockRecord } from '../../store/collections/stock.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Session, Store } from '../../store/store.ts';
import { windowFilter } from './record-cursors.ts';

/** The number of waiting checkouts whose stock levels are read at a time. */
const PAGE_DOCUMENTS = 1_000;

type WaitingCheckout = Pick<CheckoutRecord, 'lines'>;

/**
 * Counts, at one snapshot, the checkouts of the window that wait for units although all of their
 * lines fit into the free units. Does not rely on the mark `waits` of stock levels.
 * @param now waits whose time is over by then do not count, because the sweep ends them
 */
export async function countFittingWaits(
  store: Store,
  window: JudgedWindow,
  now: Date,
): Promise<number> {
  return atSnapshot(store, async (session) => {
    const waits = store.waits.find<{ readonly _id: string }>(
      { isWaiting: true, waitUntil: { $gt: now } },
      {
        session,
        hint: 'waiting_by_end',
        batchSize: PAGE_DOCUMENTS,
        projection: { _id: 1 },
      },
    );
    let fitting = 0;
    let page: string[] = [];
    for await (const { _id } of waits) {
      page.push(_id);
      if (page.length < PAGE_DOCUMENTS) continue;
      fitting += await countFitting(store, session, await readPage(store, session, page, window));
      page = [];
    }
    return (
      fitting + (await countFitting(store, session, await readPage(store, session, page, window)))
    );
  });
}

/** Reads those of these checkouts that wait and belong to the window. */
async function readPage(
  { checkouts }: Store,
  session: Session,
  ids: readonly string[],
  window: JudgedWindow,
): Promise<WaitingCheckout[]> {
  if (ids.length === 0) return [];
  return checkouts
    .find<WaitingCheckout>(
      { $and: [windowFilter(window), { ...byIds(ids), status: 'waiting' }] },
      {
        ...{ session, ...inOneBatch(ids) },
        projection: { 'lines.variantId': 1, 'lines.quantity': 1 },
      },
    )
    .toArray();
}

async function countFitting(
  store: Store,
  session: Session,
  waiting: readonly WaitingCheckout[],
): Promise<number> {
  if (waiting.length === 0) return 0;
  const variantIds = new Set(waiting.flatMap(({ lines }) => lines.map((line) => line.variantId)));
  const levels = await store.stock
    .find<Pick<StockRecord, '_id' | 'onHand' | 'reserved'>>(
      { _id: { $in: [...variantIds] } },
      { session, projection: { onHand: 1, reserved: 1 } },
    )
    .toArray();
  const available = new Map(levels.map((level) => [level._id, availableUnits(level)]));
  const fits = ({ lines }: WaitingCheckout) =>
    lines.every(({ variantId, quantity }) => (available.get(variantId) ?? 0) >= quantity);
  return waiting.filter(fits).length;
}
