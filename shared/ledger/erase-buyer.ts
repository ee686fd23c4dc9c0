import { PERSONAL_FIELDS } from '../domain/contact.ts';
import { type CheckoutStatus, isOpenStatus } from '../domain/vocabulary.ts';
import { requestIndexing } from '../search/request-indexing.ts';
import { byIds, inOneBatch } from '../store/by-ids.ts';
import { type CheckoutRecord, ERASED_HASH_PREFIX } from '../store/collections/checkouts.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import {
  type PersonalCheckoutRecord,
  toPersonalPrefix,
} from '../store/collections/personal-checkouts.ts';
import type { Store } from '../store/store.ts';
import { inTransaction, StaleReadError } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import { erasePayloads } from '../webhooks/erase-payloads.ts';
import { eraseDeliveriesOf } from './erase-deliveries.ts';
import type { LedgerContext } from './ledger.ts';
import {
  ENDED_ORDERS,
  type ErasedBuyer,
  OPEN_ORDERS,
  personalOrders,
  toBuyerActor,
  withoutOpenOrders,
} from './personal-orders.ts';

/** The maximum number of orders or checkouts in one batch. */
const BATCH = 200;
/** The maximum number of batches in one call. */
const BATCHES_MAX = 25;
/**
 * The search for deliveries of orders without personal data ends after this many erased deliveries.
 */
const DELIVERIES_MAX = 5_000;
/** Kept orders and checkouts are counted up to this number. */
const COUNTED_MAX = 10_000;

const ENDED_CHECKOUTS: readonly CheckoutStatus[] = ['placed', 'rejected', 'failed'];
/** Sorts after every other character. */
const HIGHEST = '\u{10ffff}';
/** A checkout that is not stored this long after it was accepted will never be stored. */
const UNSTORED_AFTER_MS = 60_000;

/** The counts of erased records, and of records that are kept because they are still needed. */
export interface ErasureReport {
  readonly erased: {
    readonly orders: number;
    readonly checkouts: number;
    readonly carts: number;
    readonly deliveries: number;
  };
  /** Pending and confirmed orders, and checkouts without an outcome, that contain personal data. */
  readonly kept: { readonly orders: number; readonly checkouts: number };
  /** Whether only kept data are left. If false, call again to continue. */
  readonly isComplete: boolean;
}

/**
 * The counts of the orders or checkouts and of the deliveries that a batch erased, and whether it
 * was the last batch.
 */
interface ErasedBatch {
  readonly records: number;
  readonly deliveries: number;
  readonly isLast: boolean;
}

/**
 * Erases the personal data that a storefront has of a buyer: addresses, contacts and notes on
 * orders and checkouts, the reasons that the buyer wrote, payloads of webhooks that contain them,
 * carts, and the record of lapsed holds. The buyer's id, lines, amounts, statuses and versions
 * stay, so that sums, stock, limits and the verdict do not change. Orders and checkouts that are
 * still needed keep their data. Works in bounded batches. Each batch selects records that still
 * have the data, so a call after an interruption continues, and a repeated call changes nothing.
 * Also searches the payloads of the buyer's orders without personal data: a seller may have removed
 * the data of an order earlier, and a payload may have been stored after its order was erased.
 * @throws the error of a batch; the earlier batches stay erased
 */
export async function eraseBuyer(
  { store, clock }: Pick<LedgerContext, 'store' | 'clock'>,
  buyer: ErasedBuyer,
): Promise<ErasureReport> {
  const { storefrontId, buyerId } = buyer;
  const carts = await store.carts.deleteMany({ storefrontId, buyerId });
  const lapses = idRange(toPersonalPrefix(buyer));
  await writable(store).lapsedHolds.deleteMany({ _id: lapses });
  const now = clock.now();
  const orders = await inBatches(BATCHES_MAX, () => eraseOrders(store, buyer, now));
  const marks = new PersonalMarks(store, buyer);
  const checkouts = await inBatches(orders.batchesLeft, () => eraseCheckouts(store, marks, now));
  const others =
    checkouts.batchesLeft > 0
      ? await eraseDeliveriesOf(store, buyer, DELIVERIES_MAX)
      : NOT_SEARCHED;
  const limit = { limit: COUNTED_MAX };
  const kept = {
    orders: await store.orders.countDocuments(personalOrders(buyer, OPEN_ORDERS), limit),
    checkouts: await countOpenCheckouts(store, buyer),
  };
  return {
    erased: {
      ...{ orders: orders.records, checkouts: checkouts.records, carts: carts.deletedCount },
      deliveries: orders.deliveries + checkouts.deliveries + others.count,
    },
    kept,
    isComplete: others.isComplete,
  };
}

const NOT_SEARCHED = { count: 0, isComplete: false };

async function inBatches(batchesMax: number, erase: () => Promise<ErasedBatch>) {
  let [records, deliveries] = [0, 0];
  for (let batchesLeft = batchesMax; batchesLeft > 0; batchesLeft -= 1) {
    const batch = await erase();
    records += batch.records;
    deliveries += batch.deliveries;
    if (batch.isLast) return { records, deliveries, batchesLeft };
  }
  return { records, deliveries, batchesLeft: 0 };
}

/**
 * Erases the personal data of a batch of orders: first in the payloads of their deliveries, then in
 * the orders themselves. After an interruption in between, the next call finds the orders again,
 * and through them the payloads.
 */
async function eraseOrders(store: Store, buyer: ErasedBuyer, at: Date) {
  const orders = await store.orders
    .find<Pick<OrderRecord, '_id' | 'checkoutId'>>(personalOrders(buyer, ENDED_ORDERS), {
      projection: { checkoutId: 1 },
      limit: BATCH,
    })
    .toArray();
  if (orders.length === 0) return { records: 0, deliveries: 0, isLast: true };
  const ids = orders.map(({ _id }) => _id);
  const checkoutIds = orders.map(({ checkoutId }) => checkoutId);
  const ofCheckouts = await withoutOpenOrders(store, buyer, checkoutIds);
  const deliveries = await erasePayloads(store, [...ids, ...ofCheckouts]);
  const withoutReasons = (list: string) => ({
    $map: {
      input: `$${list}`,
      in: {
        $cond: [
          { $eq: ['$$this.actor', { $literal: toBuyerActor(buyer.buyerId) }] },
          { $unsetField: { field: 'reason', input: '$$this' } },
          '$$this',
        ],
      },
    },
  });
  const ended = { ...byIds(ids), status: { $in: [...ENDED_ORDERS] } };
  const reductions = {
    $cond: [{ $isArray: '$reductions' }, withoutReasons('reductions'), '$$REMOVE'],
  };
  const update = [
    { $unset: [...PERSONAL_FIELDS] },
    // With a new `seq`, a change that was decided earlier cannot write the old history again.
    { $set: { history: withoutReasons('history'), reductions, seq: { $add: ['$seq', 1] } } },
  ];
  await inTransaction(store, async (session) => {
    await writable(store).orders.updateMany(ended, update, { session });
    await requestIndexing(store, { subjectIds: ids, at, session });
  });
  return { records: orders.length, deliveries, isLast: false };
}

/** Returns the range of the ids that begin with a prefix. */
function idRange(prefix: string) {
  return { $gte: prefix, $lt: `${prefix}${HIGHEST}` };
}

/**
 * Reads, page by page, the marks of a buyer's checkouts with personal data. Each such checkout has
 * a mark in the collection `personalCheckouts`, because checkouts have no index of buyers.
 */
class PersonalMarks {
  readonly buyer: ErasedBuyer;
  readonly #store: Store;
  readonly #prefix: string;
  #after: string | undefined;

  constructor(store: Store, buyer: ErasedBuyer) {
    this.buyer = buyer;
    this.#store = store;
    this.#prefix = toPersonalPrefix(buyer);
  }

  async next(limit: number): Promise<PersonalCheckoutRecord[]> {
    const after = this.#after === undefined ? {} : { $gt: this.#after };
    const marks = await this.#store.personalCheckouts
      .find({ _id: { ...idRange(this.#prefix), ...after } }, { sort: { _id: 1 }, limit })
      .toArray();
    this.#after = marks.at(-1)?._id ?? this.#after;
    return marks;
  }
}

/**
 * Reads the next page of marks. Erases the personal data of the marked checkouts that have an
 * outcome, and deletes their marks. The hash of the request is erased too, because it could confirm
 * a guessed address. Its replacement is `keptHash`, the hash of the request without personal
 * fields, so that a repeated request still gets its first answer. A mark without its checkout is
 * deleted once the checkout can no longer be stored.
 */
async function eraseCheckouts(store: Store, marks: PersonalMarks, at: Date): Promise<ErasedBatch> {
  const page = await marks.next(BATCH);
  if (page.length === 0) return { records: 0, deliveries: 0, isLast: true };
  const markIds = new Map(page.map(({ _id, checkoutId }) => [checkoutId, _id]));
  const checkouts = await readStatuses(store, [...markIds.keys()]);
  const isStored = new Set(checkouts.map(({ _id }) => _id));
  const oldest = at.getTime() - UNSTORED_AFTER_MS;
  const unstored = page.filter(
    ({ checkoutId, at: acceptedAt }) => !isStored.has(checkoutId) && acceptedAt.getTime() < oldest,
  );
  if (unstored.length > 0) {
    await store.personalCheckouts.deleteMany(byIds(unstored.map(({ _id }) => _id)));
  }
  const ids = checkouts
    .filter(({ status }) => ENDED_CHECKOUTS.includes(status))
    .map(({ _id }) => _id);
  if (ids.length === 0) return { records: 0, deliveries: 0, isLast: false };
  const deliveries = await erasePayloads(store, await withoutOpenOrders(store, marks.buyer, ids));
  const ended = { ...byIds(ids), status: { $in: [...ENDED_CHECKOUTS] } };
  const erasedHash = { $concat: [ERASED_HASH_PREFIX, { $ifNull: ['$keptHash', ''] }] };
  const update = [
    // An erased checkout has lost its `keptHash`. Another call may erase the same page, as may a
    // second try after a commit whose answer was lost; both keep its hash.
    { $set: { requestHash: { $cond: ['$isPersonal', erasedHash, '$requestHash'] } } },
    { $unset: [...PERSONAL_FIELDS, 'isPersonal', 'keptHash'] },
  ];
  await inTransaction(store, async (session) => {
    const { matchedCount } = await store.checkouts.updateMany(ended, update, { session });
    // If a checkout was replayed since it was read, the transaction runs again until the checkout
    // has an outcome. If that takes too long, the call fails, and the next call erases this page.
    if (matchedCount !== ids.length) throw new StaleReadError('a checkout');
    await store.personalCheckouts.deleteMany(byIds(ids.map((id) => markIds.get(id) ?? id)), {
      session,
    });
    await requestIndexing(store, { subjectIds: ids, at, session });
  });
  return { records: ids.length, deliveries, isLast: false };
}

/**
 * Counts the checkouts without an outcome among the buyer's first `COUNTED_MAX` with personal data.
 */
async function countOpenCheckouts(store: Store, buyer: ErasedBuyer): Promise<number> {
  const marks = await new PersonalMarks(store, buyer).next(COUNTED_MAX);
  const ids = marks.map(({ checkoutId }) => checkoutId);
  const checkouts = await readStatuses(store, ids);
  return checkouts.filter(({ status }) => isOpenStatus(status)).length;
}

async function readStatuses(
  { checkouts }: Store,
  ids: readonly string[],
): Promise<Pick<CheckoutRecord, '_id' | 'status'>[]> {
  if (ids.length === 0) return [];
  return checkouts
    .find<Pick<CheckoutRecord, '_id' | 'status'>>(byIds(ids), {
      ...inOneBatch(ids),
      projection: { status: 1 },
    })
    .toArray();
}
