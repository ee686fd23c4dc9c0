import mongoose from 'mongoose';

const INDEX_NOT_FOUND = 27;
const NAMESPACE_NOT_FOUND = 26;

/** Drops indexes that nothing uses any more; those that are not there are no trouble. */
export async function dropIndexes(
  collection: mongoose.Collection,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    try {
      await collection.dropIndex(name);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }
}

function isAbsent(error: unknown): boolean {
  const { MongoServerError } = mongoose.mongo;
  if (!(error instanceof MongoServerError)) return false;
  return error.code === INDEX_NOT_FOUND || error.code === NAMESPACE_NOT_FOUND;
}
