import mongoose from 'mongoose';
import { DUPLICATE_KEY } from './faults.ts';
import type { Collection, Filter } from './typed-collection.ts';

/** Does not wait for the majority, because the documents are derived from other collections. */
const OPTIONS = { ordered: false, writeConcern: { w: 1, j: false } } as const;

/** A document, and a filter that matches the older states that it may replace. */
export interface Replacement<Document> {
  readonly document: Document;
  readonly older: Filter<Document>;
}

/**
 * Inserts documents, or replaces their stored states that are older; newer states are kept. Most
 * documents are new, and an insert costs the server a third of an upsert, so upserts are used only
 * for documents that exist.
 */
export async function replaceOlder<Document extends { readonly _id: unknown }>(
  collection: Collection<Document>,
  replacements: readonly Replacement<Document>[],
): Promise<void> {
  if (replacements.length === 0) return;
  const present = await insertNew(collection, replacements);
  if (present.length === 0) return;
  const writes = present.map(({ document, older }) => ({
    replaceOne: {
      filter: { _id: document._id, ...older } as Filter<Document>,
      replacement: document,
      // The stored document may have been deleted meanwhile.
      upsert: true,
    },
  }));
  try {
    await collection.bulkWrite(writes, OPTIONS);
  } catch (error) {
    // A newer state does not match, so the upsert tries to insert a second document and fails.
    listDuplicates(error, writes.length);
  }
}

/**
 * Inserts the documents that do not exist yet.
 * @returns the replacements of documents that exist, in any state
 */
async function insertNew<Document extends { readonly _id: unknown }>(
  collection: Collection<Document>,
  replacements: readonly Replacement<Document>[],
): Promise<Replacement<Document>[]> {
  try {
    const documents = replacements.map(({ document }) => document);
    await collection.insertMany(documents, OPTIONS);
    return [];
  } catch (error) {
    const present = new Set(listDuplicates(error, replacements.length));
    return replacements.filter((_, index) => present.has(index));
  }
}

/**
 * Lists the positions of the writes that failed because a document has their id.
 * @throws the error if a write failed for another reason, or if the result of a write is missing
 */
function listDuplicates(error: unknown, writes: number): number[] {
  if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) throw error;
  const failed = error.result.getWriteErrors();
  const { insertedCount, matchedCount, upsertedCount } = error.result;
  const isComplete = insertedCount + matchedCount + upsertedCount + failed.length === writes;
  if (!isComplete || failed.some(({ code }) => code !== DUPLICATE_KEY)) throw error;
  return failed.map(({ index }) => index);
}
