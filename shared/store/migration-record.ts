import type { Store } from './store.ts';

/** A migration that has been done: by now (`at`), how long it took, and how much it changed. */
export interface MigrationRecord {
  readonly _id: string;
  readonly at: Date;
  /** From its first beginning on, whoever began it. Absent for those of earlier versions. */
  readonly ms?: number;
  readonly documents?: number;
}

/** What one that has begun has done so far. */
export interface MigrationBegun {
  readonly startedAt: Date;
  readonly documents: number;
}

interface BegunRecord extends MigrationBegun {
  readonly _id: string;
}

/** What has been done to the database, in the order of the numbers. */
export function doneMigrations(store: Store): Promise<MigrationRecord[]> {
  return done(store).find().sort({ _id: 1 }).toArray();
}

/** What a migration that is under way, or was when its process died, has done so far. */
export async function readBegun(store: Store, id: string): Promise<MigrationBegun | undefined> {
  return (await begun(store).findOne({ _id: id })) ?? undefined;
}

/** Notes that it begins, unless another process has begun it. */
export async function noteBegun(store: Store, id: string): Promise<void> {
  const fresh = { startedAt: new Date(), documents: 0 };
  await begun(store).updateOne({ _id: id }, { $setOnInsert: fresh }, { upsert: true });
}

/** Adds to what it has changed. */
export async function noteChanged(store: Store, id: string, documents: number): Promise<void> {
  await begun(store).updateOne({ _id: id }, { $inc: { documents } });
}

/** Notes that it is done; it is never run again. What another process has noted stays. */
export async function noteDone(store: Store, id: string, description: string): Promise<void> {
  const at = new Date();
  const { startedAt = at, documents = 0 } = (await readBegun(store, id)) ?? {};
  const ms = at.getTime() - startedAt.getTime();
  await done(store).updateOne(
    { _id: id },
    { $setOnInsert: { at, description, ms, documents } },
    { upsert: true },
  );
  await begun(store).deleteOne({ _id: id });
}

function done(store: Store) {
  return store.connection.collection<MigrationRecord & { description?: string }>('migrations');
}

function begun(store: Store) {
  return store.connection.collection<BegunRecord>('migrations_begun');
}
