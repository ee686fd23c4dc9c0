import type { MigrationProgress } from '../store/migration.ts';
import type { RawCollection } from './raw-collection.ts';

interface BatchedChange {
  readonly collection: RawCollection;
  /** Those that are still to be changed; one that has been changed must not match any more. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly update: Readonly<Record<string, unknown>>;
}

/** A batch takes a few tens of milliseconds and holds nobody up for longer. */
const BATCH_DOCUMENTS = 500;
const BATCH_TIMEOUT_MS = 10_000;

/**
 * Changes all documents that match, a batch after the other in the order of their ids. What has
 * been changed no longer matches, so that a second run goes on where the first was killed. Those
 * that are inserted behind it meanwhile are not looked for.
 * @throws Error when the work has become another process's
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
  const found = await collection
    .find({ ...filter, ...(after !== undefined && { _id: { $gt: after } }) })
    .project({ _id: 1 })
    .sort({ _id: 1 })
    .limit(BATCH_DOCUMENTS)
    .maxTimeMS(BATCH_TIMEOUT_MS)
    .toArray();
  return found.map((document) => String(document['_id']));
}
