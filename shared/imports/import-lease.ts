import { randomUUID } from 'node:crypto';
import { RefusedError } from '../domain/errors.ts';
import { newId } from '../runtime/ids.ts';
import { startPeriodic } from '../runtime/periodic.ts';
import type { ImportRecord } from '../store/collections/imports.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';

/**
 * An import that this process holds by a lease. Once the lease has ended, another process may take
 * the import over.
 */
export type HeldImport = Pick<ImportRecord, '_id' | 'shopId' | 'publish' | 'owner' | 'state'>;

/**
 * If a process dies, its lease ends this long after the last renewal. The import blocks other
 * imports of the shop until another process has taken it over and finished it.
 */
const LEASE_MS = 10_000;
const RENEW_EVERY_MS = 2_000;
const RETRY_AFTER_S = 5;

/** Another process has taken the import over. This process must make no more changes to it. */
export class ImportLostError extends Error {
  constructor() {
    super('another process has taken the import over');
    this.name = 'ImportLostError';
  }
}

/**
 * Begins an import, and holds it by a lease. MongoDB's clock measures leases.
 * @throws RefusedError import_in_progress if the shop has another import
 */
export async function openImport(
  store: Store,
  { shopId, publish }: Pick<ImportRecord, 'shopId' | 'publish'>,
): Promise<HeldImport> {
  const held = {
    _id: newId('imp'),
    shopId,
    publish,
    owner: randomUUID(),
    state: 'staging',
  } as const;
  const { _id, ...fields } = held;
  try {
    await store.imports.updateOne({ _id }, [{ $set: { ...fields, until: leaseEnd } }], {
      upsert: true,
    });
  } catch (error) {
    if (!isDuplicateKey(error, 'one_import_per_shop')) throw error;
    const detail = 'Another import of this shop is under way. Try again when it has ended.';
    throw new RefusedError('import_in_progress', detail, [], { retryAfterS: RETRY_AFTER_S });
  }
  return held;
}

/**
 * Renews the lease. In a transaction, the update also protects the other writes of the transaction:
 * they are committed before another process takes the import over, or not at all.
 * @throws ImportLostError if another process has taken the import over or finished it
 */
export async function renewImport(store: Store, held: HeldImport, session?: Session) {
  await advance(store, held, held.state, session);
}

/**
 * Renews the lease while `work` runs.
 * @param work gets a function that throws ImportLostError once a renewal has found that the lease
 *   is lost
 */
export async function whileRenewed<T>(
  store: Store,
  held: HeldImport,
  work: (checkLease: () => void) => Promise<T>,
): Promise<T> {
  let lost: ImportLostError | undefined;
  const renewing = startPeriodic({
    everyMs: RENEW_EVERY_MS,
    run: () => renewImport(store, held),
    onError: (error) => {
      if (error instanceof ImportLostError) lost = error;
    },
  });
  const checkLease = () => {
    if (lost !== undefined) throw lost;
  };
  try {
    return await work(checkLease);
  } finally {
    await renewing.stop();
  }
}

/**
 * Decides that the import will be completed; this cannot be undone.
 * @throws ImportLostError if another process has taken the import over
 */
export function commitImport(store: Store, held: HeldImport): Promise<HeldImport> {
  return advance(store, held, 'committed');
}

/**
 * Decides that the import will be undone. No further products can be staged for it.
 * @throws ImportLostError if another process has taken the import over
 */
export function beginUndo(store: Store, held: HeldImport): Promise<HeldImport> {
  return advance(store, held, 'undoing');
}

/** Deletes the record of a finished import. */
export async function closeImport(store: Store, { _id, state }: HeldImport): Promise<void> {
  await store.imports.deleteOne({ _id, state });
}

/** Takes over an import whose lease has ended. Returns undefined if there is none. */
export async function takeAbandoned(store: Store): Promise<HeldImport | undefined> {
  const taken = await store.imports.findOneAndUpdate(
    { $expr: { $lt: ['$until', '$$NOW'] } },
    [{ $set: { owner: randomUUID(), until: leaseEnd } }],
    { returnDocument: 'after' },
  );
  return taken ?? undefined;
}

/** Sets the state of an import and renews its lease, if this process still holds it. */
async function advance(
  store: Store,
  held: HeldImport,
  state: ImportRecord['state'],
  session?: Session,
): Promise<HeldImport> {
  const { _id, owner } = held;
  const { matchedCount } = await store.imports.updateOne(
    { _id, owner, state: held.state },
    [{ $set: { state, until: leaseEnd } }],
    session === undefined ? {} : { session },
  );
  if (matchedCount === 0) throw new ImportLostError();
  return { ...held, state };
}

const leaseEnd = { $add: ['$$NOW', LEASE_MS] };
