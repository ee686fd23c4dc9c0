import { randomUUID } from 'node:crypto';
import { pause } from '../runtime/deadline.ts';
import { isDuplicateKey } from './faults.ts';
import { createCollections } from './migrations/0001-indexes.ts';
import type { Store } from './store.ts';

interface Migration {
  readonly id: string;
  readonly run: (store: Store) => Promise<void>;
}

/** In the order in which they are run; what has been released is never changed or taken out. */
const MIGRATIONS: readonly Migration[] = [
  { id: '0001-indexes', run: createCollections },
  { id: '0002-access', run: createCollections },
];

const LEASE_MS = 60_000;
const POLL_MS = 100;
const WAIT_MS_MAX = 120_000;

/**
 * Brings the database to this version. Of several processes that start together one does the
 * work and the others wait for it; a dead one's lease ends after a minute.
 * @returns ids of the migrations run by this call
 * @throws Error when another process holds the lease for longer than it may
 */
export async function migrate(store: Store): Promise<string[]> {
  const giveUpAt = Date.now() + WAIT_MS_MAX;
  const owner = randomUUID();
  while ((await pending(store)).length > 0) {
    if (await takeLease(store, owner)) {
      try {
        return await runPending(store);
      } finally {
        // One that took too long may have been taken for dead, and the lease be another's now.
        await leases(store).deleteOne({ _id: 'lease', owner });
      }
    }
    if (Date.now() >= giveUpAt) throw new Error('another process is migrating for too long');
    await pause(POLL_MS);
  }
  return [];
}

/** @throws Error naming each index that the code relies on and the database lacks */
export async function checkIndexes(store: Store): Promise<void> {
  const missing: string[] = [];
  for (const model of Object.values(store.connection.models)) {
    const present = await model.listIndexes().catch(() => []);
    const names = new Set(present.map((index) => String(index['name'])));
    for (const [, options] of model.schema.indexes()) {
      const name = String(options?.name);
      if (!names.has(name)) missing.push(`${model.collection.name}.${name}`);
    }
  }
  if (missing.length > 0) throw new Error(`the database lacks indexes: ${missing.join(', ')}`);
}

async function pending(store: Store): Promise<Migration[]> {
  const done = await applied(store).distinct('_id');
  return MIGRATIONS.filter((migration) => !done.includes(migration.id));
}

async function runPending(store: Store): Promise<string[]> {
  const run: string[] = [];
  for (const migration of await pending(store)) {
    await migration.run(store);
    await applied(store).insertOne({ _id: migration.id, at: new Date() });
    run.push(migration.id);
  }
  return run;
}

async function takeLease(store: Store, owner: string): Promise<boolean> {
  const now = Date.now();
  await leases(store).deleteOne({ _id: 'lease', until: { $lt: new Date(now) } });
  try {
    await leases(store).insertOne({ _id: 'lease', owner, until: new Date(now + LEASE_MS) });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

function applied(store: Store) {
  return store.connection.collection<{ _id: string; at: Date }>('migrations');
}

function leases(store: Store) {
  return store.connection.collection<{ _id: string; owner: string; until: Date }>(
    'migration_leases',
  );
}
