import mongoose from 'mongoose';
import type { Collection, Filter } from './typed-collection.ts';

const DUPLICATE_KEY = 11_000;
const WRITE_CONCERN = { w: 1, j: false } as const;

/** A document and the filter of the older states that it may replace. */
export interface Replacement<Document> {
  readonly document: Document;
  readonly older: Filter<Document>;
}

/**
 * Inserts documents, or replaces older states of them; newer ones stay. Does not wait for the
 * majority: what is written here is derived from other collections.
 */
export async function replaceOlder<Document extends { readonly _id: unknown }>(
  collection: Collection<Document>,
  replacements: readonly Replacement<Document>[],
): Promise<void> {
  if (replacements.length === 0) return;
  const writes = replacements.map(({ document, older }) => ({
    replaceOne: {
      filter: { _id: document._id, ...older } as Filter<Document>,
      replacement: document,
      upsert: true,
    },
  }));
  try {
    await collection.bulkWrite(writes, { ordered: false, writeConcern: WRITE_CONCERN });
  } catch (error) {
    if (!isOnlyNewer(error)) throw error;
  }
}

/** A newer state does not match, so the upsert tries to insert a second document and fails. */
function isOnlyNewer(error: unknown): boolean {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) return false;
  const failed = error.result.getWriteErrors();
  return failed.length > 0 && failed.every(({ code }) => code === DUPLICATE_KEY);
}
