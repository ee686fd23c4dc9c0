/**
 * Runs a slow migration that marks every product, and prints what it ran. A mark adds 1 to a
 * counter of the product, which reveals a product that was marked twice.
 */

import { pause } from '../../../shared/runtime/deadline.ts';
import { readEnv } from '../../../shared/runtime/env.ts';
import { migrate } from '../../../shared/store/migrate.ts';
import type { Migration } from '../../../shared/store/migration.ts';
import { openStore } from '../../../shared/store/store.ts';
import { changeInBatches } from '../../../shared/testing/change-in-batches.ts';
import { rawCollection } from '../../../shared/testing/raw-collection.ts';

const LEASE_MS = 1_500;
const BATCH_PAUSE_MS = 600;

const marks: Migration = {
  id: '0001-marks',
  description: 'Marks every product.',
  run: (store, progress) => {
    const changed = async (documents: number) => {
      await progress.changed(documents);
      await pause(BATCH_PAUSE_MS);
    };
    return changeInBatches(
      { signal: progress.signal, changed },
      {
        collection: rawCollection(store, 'products'),
        filter: { marks: { $exists: false } },
        update: { $inc: { marks: 1 } },
      },
    );
  },
};

process.send?.({ type: 'ready' });
const store = await openStore(readEnv().mongodbUrl ?? '');
const ran = await migrate(store, { migrations: [marks], leaseMs: LEASE_MS });
process.stderr.write(`ran ${JSON.stringify(ran)}\n`);
await store.close();
process.exit(0);
