import type { Store } from './store.ts';

/** A finished migration: when it ended, how long it took, how many documents it changed. */
export interface MigrationRecord {
  readonly _id: string;
  readonly at: Date;
  /** The duration in ms since its first start in any process. */
  readonly ms?: number;
  readonly documents?: number;
}

/** The progress of a migration that has begun. */
export interface MigrationBegun {
  readonly startedAt: Date;
  readonly documents: number;
}

interface BegunRecord extends MigrationBegun {
  readonly _id: string;
}

/** Returns the finished migrations, in order. */
export function readFinished(store: Store): Promise<MigrationRecord[]> {
  return finishedMigrations(store).find().sort({ _id: 1 }).toArray();
}

/** Returns the progress of a migration that has begun and not finished. */
export async function readBegun(store: Store, id: string): Promise<MigrationBegun | undefined> {
  return (await begunMigrations(store).findOne({ _id: id })) ?? undefined;
}

/** Records that a migration begins, unless it has begun before. */
export async function noteBegun(store: Store, id: string): Promise<void> {
  const fresh = { startedAt: new Date(), documents: 0 };
  await begunMigrations(store).updateOne({ _id: id }, { $setOnInsert: fresh }, { upsert: true });
}

/** Adds to the stored number of changed documents. */
export async function noteChanged(store: Store, id: string, documents: number): Promise<void> {
  await begunMigrations(store).updateOne({ _id: id }, { $inc: { documents } });
}

/** Records that a migration has finished. An existing record of another process stays. */
export async function noteDone(store: Store, id: string, description: string): Promise<void> {
  const at = new Date();
  const { startedAt = at, documents = 0 } = (await readBegun(store, id)) ?? {};
  const ms = at.getTime() - startedAt.getTime();
  await finishedMigrations(store).updateOne(
    { _id: id },
    { $setOnInsert: { at, description, ms, documents } },
    { upsert: true },
  );
  await begunMigrations(store).deleteOne({ _id: id });
}

function finishedMigrations(store: Store) {
  return store.connection.collection<MigrationRecord & { description?: string }>('migrations');
}

function begunMigrations(store: Store) {
  return store.connection.collection<BegunRecord>('migrations_begun');
}
