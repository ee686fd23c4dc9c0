import type { mongo } from 'mongoose';
import { toBuyerKey } from '../../domain/discounts/terms.ts';
import { OPEN_STATUSES } from '../../domain/vocabulary.ts';
import { keepImages } from '../change-images.ts';
import type { CheckoutRecord } from '../collections/checkouts.ts';
import type { DrawEntryRecord } from '../collections/draws.ts';
import { listPersonal } from '../collections/personal-checkouts.ts';
import { toWait, toWaitWithoutKeys, type WaitRecord } from '../collections/waits.ts';
import { createCollections } from '../indexes.ts';
import type { Migration, MigrationProgress } from '../migration.ts';
import type { Store } from '../store.ts';

const PAGE_DOCUMENTS = 1_000;
/** Indexes of `checkouts` that are dropped. */
const OBSOLETE_OF_CHECKOUTS = [
  ...['one_wait_per_buyer_and_variant', 'waiting_in_order', 'waiting_by_end'],
  ...['one_entry_per_buyer', 'entries_of_draw', 'drawn_entries', 'personal_by_buyer'],
  ...['one_checkout_per_cart_claim', 'rejections_without_event'],
];

/** Indexes of `waits` that are dropped. */
const OBSOLETE_OF_WAITS = ['waiting_in_order'];

/** Indexes of `draws` that are dropped. */
const OBSOLETE_OF_DRAWS = ['draws_of_shop'];

/** Indexes of `orders` that are dropped. */
const OBSOLETE_OF_ORDERS = ['orders_of_buyer'];

/** Migrations before the first release. Databases of developers may have run them. */
const REPLACED = [
  ...['0001-first', '0002-change-images', '0003-early-rejections', '0004-purchase-limits'],
  ...['0005-sale-times', '0006-parcels', '0007-tags', '0008-search', '0009-waiting'],
  ...['0010-erasure', '0011-draws', '0012-collections', '0013-collections'],
  ...['0014-collections', '0015-collections'],
];

/** A checkout of an earlier version, with the fields that have moved into other collections. */
type EarlierCheckout = CheckoutRecord & {
  readonly waitKeys?: readonly string[];
  readonly drawBuyer?: string;
  readonly drawRank?: number;
};

export const migration: Migration = {
  id: '0016-collections',
  description:
    'Creates the collections, their indexes, and the validator of stock levels. Lets the change ' +
    'stream show orders and movements as they were before a change. Moves waits, entries of draws ' +
    'and marks of personal data out of earlier checkouts, and drops their indexes there. Replaces the ' +
    'index of waits by one in which checkouts of buyers who let holds lapse come last, the index of the ' +
    'draws of a shop by one that is sorted by their creation, and the index of the orders of a buyer ' +
    'by one that separates the buyers of each storefront. Processes from before it name the old index ' +
    'and must be stopped first.',
  replaces: REPLACED,
  run: async (store, progress) => {
    await createCollections(store);
    await keepImages(store);
    const { waits, draws, drawEntries, personalCheckouts, orders } = store;
    await move(store, progress, {
      filter: { status: { $in: [...OPEN_STATUSES] } },
      targetName: waits.collectionName,
      convert: (page) => page.flatMap(toEarlierWait),
    });
    await move(store, progress, {
      filter: { drawBuyer: { $exists: true } },
      targetName: drawEntries.collectionName,
      convert: (page) => page.flatMap(toEntry),
    });
    await move(store, progress, {
      filter: { isPersonal: true },
      targetName: personalCheckouts.collectionName,
      convert: listPersonal,
    });
    await dropIndexes(store, store.checkouts.collectionName, OBSOLETE_OF_CHECKOUTS);
    await dropIndexes(store, waits.collectionName, OBSOLETE_OF_WAITS);
    await dropIndexes(store, draws.collectionName, OBSOLETE_OF_DRAWS);
    await dropIndexes(store, orders.collectionName, OBSOLETE_OF_ORDERS);
  },
};

function toEarlierWait(checkout: EarlierCheckout): WaitRecord[] {
  const wait = checkout.waitKeys ? toWait(checkout) : toWaitWithoutKeys(checkout);
  if (wait === undefined) return [];
  return [{ ...wait, ...(checkout.status === 'waiting' && { isWaiting: true as const }) }];
}

function toEntry(checkout: EarlierCheckout): DrawEntryRecord[] {
  const { _id, drawId, drawRank, idempotencyKey, storefrontId, buyerId, status } = checkout;
  if (drawId === undefined) return [];
  return [
    {
      ...{ _id, drawId, buyer: toBuyerKey(storefrontId, buyerId) },
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(drawRank !== undefined && { rank: drawRank }),
      ...(status === 'placed' && { isPlaced: true as const }),
    },
  ];
}

interface Move {
  readonly filter: mongo.Document;
  readonly targetName: string;
  readonly convert: (page: readonly EarlierCheckout[]) => readonly { readonly _id: string }[];
}

/**
 * Converts checkouts and inserts the results into another collection. Existing documents stay,
 * because an interrupted migration runs again.
 */
async function move(
  { checkouts, connection }: Store,
  { signal, changed }: MigrationProgress,
  { filter, targetName, convert }: Move,
): Promise<void> {
  const target = connection.db?.collection<{ _id: string }>(targetName);
  const cursor = checkouts.find<EarlierCheckout>(filter, { batchSize: PAGE_DOCUMENTS });
  try {
    while (!signal.aborted && (await cursor.hasNext())) {
      const writes = convert(cursor.readBufferedDocuments()).map(({ _id, ...fields }) => ({
        updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
      }));
      if (writes.length === 0) continue;
      await target?.bulkWrite(writes, { ordered: false });
      await changed(writes.length);
    }
  } finally {
    await cursor.close();
  }
}

async function dropIndexes(
  { connection }: Store,
  collectionName: string,
  obsolete: readonly string[],
): Promise<void> {
  const collection = connection.db?.collection(collectionName);
  const present = new Set((await collection?.indexes())?.map(({ name }) => name));
  for (const name of obsolete) if (present.has(name)) await collection?.dropIndex(name);
}
