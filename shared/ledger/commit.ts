import { writeAudit } from '../audit/write-audit.ts';
import { type DomainEvent, eventAudience } from '../contract/events.ts';
import type { UseChange } from '../domain/discounts/uses.ts';
import type { PurchaseChange } from '../domain/purchase-limits.ts';
import type { FreedUnits, StockChange } from '../domain/vocabulary.ts';
import type { Settled } from '../runtime/group-commit.ts';
import { newId } from '../runtime/ids.ts';
import type { AuditRecord } from '../store/collections/audit.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session, Store } from '../store/store.ts';
import { inTransaction, isRetryable, StaleReadError } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import { writePurchases } from './buyer-purchases.ts';
import { writeUses } from './discount-uses.ts';
import type { LedgerContext } from './ledger.ts';
import type { StepObserver } from './steps.ts';
import { writeStock } from './stock-levels.ts';

/** An event before `commit` gives it an id and a time. */
export type EventDraft = Omit<DomainEvent, 'id' | 'at'>;

/**
 * An audit entry before `commit` gives it a time, and an id if it has none. A verb that must find
 * its own entry when it runs again chooses the id.
 */
export type AuditDraft = Omit<AuditRecord, '_id' | 'at'> & Partial<Pick<AuditRecord, '_id'>>;

/** The changes of one transaction. */
export interface LedgerChanges {
  readonly at: Date;
  readonly events?: readonly EventDraft[];
  /** Writes what is specific to this verb, such as orders or the outcomes of checkouts. */
  readonly write?: (session: Session) => Promise<unknown>;
  readonly movements?: readonly MovementRecord[];
  readonly audit?: readonly AuditDraft[];
  readonly uses?: readonly UseChange[];
  readonly purchases?: readonly PurchaseChange[];
  readonly stock?: readonly StockChange[];
}

/** The decision of a verb at its snapshot; without `changes` it writes nothing. */
export interface Decision<Result> {
  readonly result: Result;
  readonly changes?: LedgerChanges;
}

/**
 * Runs one verb of the ledger: locks what it may change, decides at one snapshot, writes everything
 * in one transaction, and publishes the events once the transaction is committed. `decide` runs
 * again after a conflict, and after a commit whose answer was lost; it must then find its own
 * effects.
 *
 * Inserts come first and stock comes last, so that other writers of the same variant wait as
 * briefly as possible. Stock and uses are written on the condition that they have not changed since
 * the snapshot.
 * @param lockNames the ids of the products and discounts that the verb may change
 * @throws an error that a retry cannot fix; the transaction then changes nothing
 * @throws the last retryable error if no try has succeeded in time; the transaction may then have
 *   been committed, if the answer to a commit was lost
 */
export async function commit<Result>(
  context: LedgerContext,
  lockNames: readonly string[],
  decide: (session: Session) => Promise<Decision<Result>>,
): Promise<Result> {
  const { store, locks, onCommitted, onFreed, steps } = context;
  const transact = () =>
    inTransaction(store, async (session) => {
      steps?.begin('decide');
      const decision = await decide(session);
      const { changes } = decision;
      steps?.begin('write');
      const entry = changes && (await writeChanges(context, session, changes));
      steps?.begin('commit');
      return { result: decision.result, entry, freed: listFreed(changes) };
    });
  const { result, entry, freed } = await (steps === undefined
    ? locks.holding(lockNames, transact)
    : observed(steps, () =>
        locks.holding(lockNames, async () => {
          const committed = await transact();
          steps.begin('unlock');
          return committed;
        }),
      ));
  if (entry !== undefined) onCommitted?.(entry);
  if (freed.length > 0) onFreed?.(freed);
  return result;
}

/** Aborts the transaction of a rehearsal. */
class RehearsedError extends Error {}

/**
 * Runs a verb as `commit` does, but aborts the transaction after the last write.
 * @throws the error with which `commit` would fail before its commit
 */
export async function rehearse(
  context: LedgerContext,
  lockNames: readonly string[],
  decide: (session: Session) => Promise<Decision<unknown>>,
): Promise<void> {
  const { store, locks } = context;
  const transact = () =>
    inTransaction(store, async (session) => {
      const { changes } = await decide(session);
      if (changes !== undefined) await writeChanges({ store }, session, changes);
      throw new RehearsedError();
    });
  try {
    await locks.holding(lockNames, transact);
  } catch (error) {
    if (!(error instanceof RehearsedError)) throw error;
  }
}

/** Reports to the observer that the verb requests its locks, and that it has ended. */
async function observed<T>(steps: StepObserver, work: () => Promise<T>): Promise<T> {
  steps.begin('lock');
  try {
    return await work();
  } finally {
    steps.end?.();
  }
}

async function writeChanges(
  { store, steps }: Pick<LedgerContext, 'store' | 'steps'>,
  session: Session,
  changes: LedgerChanges,
): Promise<OutboxRecord | undefined> {
  const { at, events = [], write, movements = [], audit = [], uses = [], stock = [] } = changes;
  const { purchases = [] } = changes;
  await write?.(session);
  if (movements.length > 0) await insertMovements(store, session, movements);
  if (audit.length > 0) {
    const entries = audit.map((draft) => ({ _id: newId('aud'), at, ...draft }));
    await writeAudit(store, entries, session);
  }
  const entry = events.length === 0 ? undefined : toOutboxEntry(events, at, steps?.traceparents);
  if (entry !== undefined) await store.outbox.insertOne(entry, { session });
  await writePurchases(store, session, purchases);
  await writeUses(store, session, uses);
  await writeStock(
    store,
    session,
    stock.map((change) => withFreedAt(change, at)),
  );
  return entry;
}

function listFreed(changes: LedgerChanges | undefined): FreedUnits[] {
  return changes?.stock?.flatMap(({ freed }) => freed ?? []) ?? [];
}

/**
 * Adds `freedAt` to the change of a level whose units become free, unless some were free already.
 */
function withFreedAt(change: StockChange, at: Date): StockChange {
  const { freed } = change;
  return freed === undefined || freed.since ? change : { ...change, waits: { freedAt: at } };
}

/**
 * @throws StaleReadError if another process has just written one of these movements; the next try
 *   finds that movement
 */
async function insertMovements(
  store: Store,
  session: Session,
  movements: readonly MovementRecord[],
): Promise<void> {
  try {
    await writable(store).movements.insertMany(movements, { session, ordered: false });
  } catch (error) {
    throw isDuplicateKey(error, '_id_') ? new StaleReadError('a movement') : error;
  }
}

/**
 * Returns the outbox entry with the events of one transaction. An event's id is the entry's id, a
 * full stop and the index of the event.
 * @param traceparents trace contexts by subject; the entry keeps the contexts of the subjects of
 *   its events
 */
export function toOutboxEntry(
  drafts: readonly EventDraft[],
  at: Date,
  traceparents?: ReadonlyMap<string, string>,
): OutboxRecord {
  const _id = newId('evt');
  const events = drafts.map((draft, index) => ({ id: `${_id}.${index}`, at, ...draft }));
  const shopIds = [...new Set(drafts.flatMap(eventAudience))];
  const entry = { _id, at, shopIds, isRelayed: false, isFannedOut: false, events };
  if (traceparents === undefined) return entry;
  const traced = [...traceparents].filter(([id]) =>
    drafts.some(({ subjectId }) => subjectId === id),
  );
  return traced.length === 0 ? entry : { ...entry, traceparents: Object.fromEntries(traced) };
}

/**
 * Commits a batch. If that fails with an error that a retry cannot fix, commits the halves
 * separately, and so on, down to single items, so that no item fails because of another. A
 * retryable error is the result of every item of the batch that failed with it, because smaller
 * batches would fail too.
 * @returns a result for each item, in order
 */
export async function splitOnError<Item, Result>(
  items: readonly Item[],
  commitBatch: (items: readonly Item[]) => Promise<readonly Result[]>,
): Promise<Settled<Result>[]> {
  try {
    const results = await commitBatch(items);
    return results.map((value) => ({ value }));
  } catch (error) {
    if (isRetryable(error) || items.length <= 1) return items.map(() => ({ error }));
    const middle = Math.ceil(items.length / 2);
    const first = await splitOnError(items.slice(0, middle), commitBatch);
    const second = await splitOnError(items.slice(middle), commitBatch);
    return [...first, ...second];
  }
}
