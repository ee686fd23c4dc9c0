import { randomUUID } from 'node:crypto';
import { RefusedError } from '../../../../shared/domain/errors.ts';
import { newId } from '../../../../shared/runtime/ids.ts';
import type { ImportRecord } from '../../../../shared/store/collections/imports.ts';
import { isDuplicateKey } from '../../../../shared/store/faults.ts';
import type { Session, Store } from '../../../../shared/store/store.ts';

/** An import that this process works on; another does when its lease has ended. */
export type HeldImport = Pick<ImportRecord, '_id' | 'shopId' | 'publish' | 'owner' | 'state'>;

/** How long a process that has died holds up the imports of a shop. */
const LEASE_MS = 10_000;
export const RENEW_EVERY_MS = 2_000;
const RETRY_AFTER_S = 5;

/** The import belongs to another process now: this one must not change anything any more. */
export class ImportLostError extends Error {
  constructor() {
    super('another process has taken the import over');
    this.name = 'ImportLostError';
  }
}

/**
 * Begins an import, one at a time for each shop. Leases are counted by the server's clock.
 * @throws RefusedError import_in_progress
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
    await imports(store).updateOne(
      { _id },
      [{ $set: { ...fields, startedAt: '$$NOW', until: leaseEnd } }],
      { upsert: true },
    );
  } catch (error) {
    if (!isDuplicateKey(error, 'one_import_per_shop')) throw error;
    const detail = 'Another import of this shop is under way. Try again when it has ended.';
    throw new RefusedError('import_in_progress', detail, [], { retryAfterS: RETRY_AFTER_S });
  }
  return held;
}

/**
 * Prolongs the lease; within a transaction this also makes sure that whatever the transaction
 * writes is written before another process takes the import over, or not at all.
 * @throws ImportLostError
 */
export async function renewImport(store: Store, held: HeldImport, session?: Session) {
  await advance(store, held, held.state, session);
}

/** From here on the import will be completed, whatever happens. */
export function commitImport(store: Store, held: HeldImport): Promise<HeldImport> {
  return advance(store, held, 'committed');
}

/** From here on it will be taken back; what was still on its way to be staged no longer can be. */
export function beginUndo(store: Store, held: HeldImport): Promise<HeldImport> {
  return advance(store, held, 'undoing');
}

/** Forgets an import of which nothing is left to do. */
export async function closeImport(store: Store, { _id, state }: HeldImport): Promise<void> {
  await imports(store).deleteOne({ _id, state });
}

/** Takes over an import whose process has not renewed its lease, if there is one. */
export async function takeAbandoned(store: Store): Promise<HeldImport | undefined> {
  const taken = await imports(store).findOneAndUpdate(
    { $expr: { $lt: ['$until', '$$NOW'] } },
    [{ $set: { owner: randomUUID(), until: leaseEnd } }],
    { returnDocument: 'after' },
  );
  return taken ?? undefined;
}

async function advance(
  store: Store,
  held: HeldImport,
  state: ImportRecord['state'],
  session?: Session,
): Promise<HeldImport> {
  const { _id, owner } = held;
  const { matchedCount } = await imports(store).updateOne(
    { _id, owner, state: held.state },
    [{ $set: { state, until: leaseEnd } }],
    session === undefined ? {} : { session },
  );
  if (matchedCount === 0) throw new ImportLostError();
  return { ...held, state };
}

const leaseEnd = { $add: ['$$NOW', LEASE_MS] };

function imports(store: Store) {
  return store.connection.collection<ImportRecord>(store.imports.collectionName);
}
