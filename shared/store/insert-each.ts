import mongoose from 'mongoose';
import type { Settled } from '../runtime/group-commit.ts';
import type { Collection } from './typed-collection.ts';

/** Whether a document was stored or another one stands in its place. */
export type InsertResult = 'stored' | 'duplicate';

const DUPLICATE_KEY = 11_000;
const WRITE_CONCERN = { w: 'majority', j: true } as const;

/**
 * Inserts documents that do not depend on each other in one command and tells for each what became
 * of it: a duplicate among them is no trouble to the others.
 * @throws when the command failed as a whole; which of them were stored is then unknown
 */
export async function insertEach<Document extends { readonly _id: unknown }>(
  collection: Pick<Collection<Document>, 'insertMany'>,
  documents: readonly Document[],
): Promise<Settled<InsertResult>[]> {
  const options = { ordered: false, writeConcern: WRITE_CONCERN };
  try {
    await collection.insertMany(documents, options);
    return documents.map(() => ({ value: 'stored' }));
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) throw error;
    // The driver wraps a broken connection in this error too, and then there is no word of them.
    const toldCount = error.result.insertedCount + error.result.getWriteErrors().length;
    if (toldCount !== documents.length) throw error;
    // Stored here is not yet stored by the majority: then nothing can be said of any of them.
    if (error.result.getWriteConcernError() !== undefined) throw error;
    return toInsertResults(documents.length, error);
  }
}

function toInsertResults(
  count: number,
  error: mongoose.mongo.MongoBulkWriteError,
): Settled<InsertResult>[] {
  const results: Settled<InsertResult>[] = Array.from({ length: count }, () => ({
    value: 'stored',
  }));
  for (const failed of error.result.getWriteErrors()) {
    results[failed.index] =
      failed.code === DUPLICATE_KEY ? { value: 'duplicate' } : { error: new Error(failed.errmsg) };
  }
  return results;
}
