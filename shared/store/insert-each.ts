import mongoose from 'mongoose';
import type { Settled } from '../runtime/group-commit.ts';
import { DUPLICATE_KEY } from './faults.ts';
import type { Collection } from './typed-collection.ts';

/** Whether a document was stored, or a document with the same unique key exists. */
export type InsertResult = 'stored' | 'duplicate';

const WRITE_CONCERN = { w: 'majority', j: true } as const;

/**
 * Inserts independent documents in one command and returns a result for each. A duplicate does not
 * affect the others.
 * @throws if the command failed as a whole; which documents were stored is then unknown
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
    // A broken connection is wrapped in this error too, and then results are missing.
    const resultCount = error.result.insertedCount + error.result.getWriteErrors().length;
    if (resultCount !== documents.length) throw error;
    // The documents are stored on this member only: a failover could still remove them.
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
