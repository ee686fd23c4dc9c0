import { createCollections } from '../create-collections.ts';
import { dropIndexes } from '../drop-indexes.ts';
import type { Migration, MigrationProgress } from '../migration.ts';
import type { Store } from '../store.ts';

const BATCH_DOCUMENTS = 500;
const BATCH_TIMEOUT_MS = 10_000;
const INDEX = 'awaiting_fan_out_by_age';

/**
 * Processes of a version that knew no webhooks write entries without a mark. Those that they write
 * from now on, while they run beside this version, are delivered; nobody waits for those of before.
 */
export const migration: Migration = {
  id: '0007-fan-out',
  description:
    'Finds events of the version before for webhooks; counts webhooks that are not sent to.',
  run: async (store, progress) => {
    await createCollections(store);
    await markOldEntries(store, progress);
    await dropIndexes(store.outbox.collection, ['unfanned_by_age']);
  },
};

async function markOldEntries(store: Store, progress: MigrationProgress): Promise<void> {
  const outbox = store.outbox.collection;
  const before = new Date();
  for (;;) {
    progress.signal.throwIfAborted();
    const batch = await outbox
      .find<{ _id: string }>({ isFannedOut: null, at: { $lt: before } } as never, {
        projection: { _id: 1 },
        hint: INDEX,
        limit: BATCH_DOCUMENTS,
        maxTimeMS: BATCH_TIMEOUT_MS,
      })
      .toArray();
    if (batch.length === 0) return;
    const ids = batch.map(({ _id }) => _id);
    const { modifiedCount } = await outbox.updateMany(
      { _id: { $in: ids }, isFannedOut: null } as never,
      { $set: { isFannedOut: true } },
    );
    await progress.changed(modifiedCount);
  }
}
