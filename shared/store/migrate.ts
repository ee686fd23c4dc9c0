import { pause, unlessAborted } from '../runtime/deadline.ts';
import type { Migration } from './migration.ts';
import { type MigrationLease, takeLease } from './migration-lease.ts';
import { planMigrations } from './migration-plan.ts';
import { doneMigrations, noteBegun, noteChanged, noteDone, readBegun } from './migration-record.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Store } from './store.ts';

interface MigrateOptions {
  /** Those of this version unless told. */
  readonly migrations?: readonly Migration[];
  /** Told what people should know, in a sentence. */
  readonly notify?: (notice: string) => void;
  /** After how long a process that does not renew its lease counts as dead. */
  readonly leaseMs?: number;
}

const POLL_MS = 100;
/** Who waits gives up when the process that migrates has shown no progress for this long. */
const STANDSTILL_MS_MAX = 600_000;

/**
 * Brings the database to this version. Of several processes that start together one does the work
 * and the others wait for it; a dead one's work is taken over when its lease ends.
 * @returns ids of the migrations finished by this call
 * @throws ForeignHistoryError when the database is not one of ours
 * @throws Error when a migration fails, or another process is stuck in one
 */
export async function migrate(store: Store, options: MigrateOptions = {}): Promise<string[]> {
  const { migrations = MIGRATIONS, notify = () => undefined, leaseMs } = options;
  let standstill = { at: Date.now(), state: '' };
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
        await lease.giveBack();
      }
    }
    const state = await readProgress(store, pending);
    if (state !== standstill.state) standstill = { at: Date.now(), state };
    else if (Date.now() - standstill.at >= STANDSTILL_MS_MAX) {
      throw new Error(`another process has been in ${pending[0]?.id} for too long`);
    }
    await pause(POLL_MS);
  }
}

/** @throws ForeignHistoryError when the database is not one of ours */
export async function readPlan(store: Store, migrations: readonly Migration[] = MIGRATIONS) {
  const done = await doneMigrations(store);
  const ids = done.map((record) => record._id);
  return { done, ...planMigrations(migrations, ids) };
}

async function runPending(
  store: Store,
  lease: MigrationLease,
  migrations: readonly Migration[],
): Promise<string[]> {
  // Read again: what was pending may have been done before the lease was ours.
  const { pending } = await readPlan(store, migrations);
  if (pending.length === 0) return [];
  const patient = await store.openPatiently();
  try {
    for (const migration of pending) await runOne(store, patient, lease, migration);
  } finally {
    await patient.close();
  }
  return pending.map(({ id }) => id);
}

/**
 * The work is done over connections that wait for ever, since an index of a large record may take
 * hours to build. Lease and notes go over ordinary ones: when the server no longer answers these,
 * the lease is lost and the work given up.
 */
async function runOne(
  store: Store,
  patient: Store,
  lease: MigrationLease,
  { id, description, run }: Migration,
): Promise<void> {
  await noteBegun(store, id);
  const changed = async (documents: number) => {
    await lease.check();
    await noteChanged(store, id, documents);
  };
  await unlessAborted(lease.signal, run(patient, { signal: lease.signal, changed }));
  await lease.check();
  await noteDone(store, id, description);
}

/** Differs whenever the process that migrates has got further. */
async function readProgress(store: Store, pending: readonly Migration[]): Promise<string> {
  const [next] = pending;
  const begun = next === undefined ? undefined : await readBegun(store, next.id);
  return `${pending.length} ${begun?.documents ?? 0}`;
}
