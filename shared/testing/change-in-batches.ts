import type { MigrationProgress } from '../store/migration.ts';
import type { RawCollection } from './raw-collection.ts';

interface BatchedChange {
  readonly collection: RawCollection;
  /** Matches the documents still to be changed. A changed document must no longer match. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly update: Readonly<Record<string, unknown>>;
}

/** A batch takes a few tens of milliseconds, so that it delays other writers only briefly. */
const BATCH_DOCUMENTS = 500;
const BATCH_TIMEOUT_MS = 10_000;

/**
 * Changes all matching documents, batch by batch in the order of their ids. Changed documents no
 * longer match, so that a second run continues where a killed run stopped. A run does not search
 * for documents that are inserted before its position.
 * @throws Error if the lease of the migration is lost
 */
export async function changeInBatches(
  progress: MigrationProgress,
  { collection, filter, update }: BatchedChange,
): Promise<void> {
  let after: string | undefined;
  for (;;) {
    progress.signal.throwIfAborted();
    const ids = await nextIds(collection, filter, after);
    if (ids.length === 0) return;
    const { modifiedCount } = await collection.updateMany({ ...filter, _id: { $in: ids } }, update);
    await progress.changed(modifiedCount);
    after = ids.at(-1);
  }
}

async function nextIds(
  collection: RawCollection,
  filter: Readonly<Record<string, unknown>>,
  after: string | undefined,
): Promise<string[]> {
  const documents = await collection
    .find({ ...filter, ...(after !== undefined && { _id: { $gt: after } }) })
    .project({ _id: 1 })
    .sort({ _id: 1 })
    .limit(BATCH_DOCUMENTS)
    .maxTimeMS(BATCH_TIMEOUT_MS)
    .toArray();
  return documents.map((document) => String(document['_id']));
}
