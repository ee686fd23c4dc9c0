import { pause, untilAborted } from '../runtime/deadline.ts';
import type { Migration } from './migration.ts';
import { type MigrationLease, takeLease } from './migration-lease.ts';
import { planMigrations } from './migration-plan.ts';
import { noteBegun, noteChanged, noteDone, readBegun, readFinished } from './migration-record.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Store } from './store.ts';

interface MigrateOptions {
  /** The migrations of this version by default. */
  readonly migrations?: readonly Migration[];
  /** Receives notices for people. */
  readonly notify?: (notice: string) => void;
  /** How long the lease of the migration lasts without renewal; 15 s by default. */
  readonly leaseMs?: number;
}

const POLL_MS = 100;
/** A waiting process gives up after this long without progress of the migration. */
const STANDSTILL_MS_MAX = 600_000;

/**
 * Migrates the database to this version. If several processes start together, one migrates and the
 * others wait. If the migrating process dies, another process continues when the lease ends.
 * @returns ids of the migrations that this call finished
 * @throws ForeignHistoryError if the database belongs to another program
 * @throws Error if a migration fails, or another process makes no progress in one for ten minutes
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<string[]> {
  const { migrations = MIGRATIONS, notify = () => undefined, leaseMs } = options;
  let standstill = { at: performance.now(), state: '' };
  for (;;) {
    const { pending, newer } = await readPlan(store, migrations);
    if (pending.length === 0) {
      if (newer.length > 0) notify(`the database is of a newer version: ${newer.join(', ')}`);
      return [];
    }
    const lease = await takeLease(store, leaseMs);
    if (lease !== undefined) {
      try {
        return await runPending(store, lease, migrations);
      } finally {
        await lease.release();
      }
    }
    const state = await readProgress(store, pending);
    if (state !== standstill.state) standstill = { at: performance.now(), state };
    else if (performance.now() - standstill.at >= STANDSTILL_MS_MAX) {
      throw new Error(`another process makes no progress with migration ${pending[0]?.id}`);
    }
    await pause(POLL_MS);
  }
}

/**
 * Returns the finished migrations of a database, and the migrations that it still needs.
 * @throws ForeignHistoryError if the database belongs to another program
 */
export async function readPlan(store: Store, migrations: readonly Migration[] = MIGRATIONS) {
  const done = await readFinished(store);
  const ids = done.map((record) => record._id);
  return { done, ...planMigrations(migrations, ids) };
}

async function runPending(
  store: Store,
  lease: MigrationLease,
  migrations: readonly Migration[],
): Promise<string[]> {
  // Read again: another process may have finished them before this one got the lease.
  const { pending } = await readPlan(store, migrations);
  if (pending.length === 0) return [];
  const unbounded = await store.openWithoutTimeout();
  try {
    for (const migration of pending) await runOne(store, unbounded, lease, migration);
  } finally {
    await unbounded.close();
  }
  return pending.map(({ id }) => id);
}

/**
 * Runs one migration on connections without a timeout, because building an index on a large
 * collection may take hours. The lease and the progress use the normal connections: if the server
 * stops answering there, the lease is lost and the migration is given up.
 */
async function runOne(
  store: Store,
  unbounded: Store,
  lease: MigrationLease,
  { id, description, run }: Migration,
): Promise<void> {
  await noteBegun(store, id);
  const changed = async (documents: number) => {
    await lease.check();
    await noteChanged(store, id, documents);
  };
  await untilAborted(lease.signal, run(unbounded, { signal: lease.signal, changed }));
  await lease.check();
  await noteDone(store, id, description);
}

/**
 * Returns a text that changes when a migration finishes or its number of changed documents grows.
 */
async function readProgress(store: Store, pending: readonly Migration[]): Promise<string> {
  const [next] = pending;
  const begun = next === undefined ? undefined : await readBegun(store, next.id);
  return `${pending.length} ${begun?.documents ?? 0}`;
}
