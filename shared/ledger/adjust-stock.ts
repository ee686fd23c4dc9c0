import {
  type AdjustmentAmount,
  type AdjustmentRefusal,
  decideAdjustment,
  type ExpectedLevel,
} from '../domain/adjustment.ts';
import { StockChanges } from '../domain/stock-changes.ts';
import type { StockLevel } from '../domain/vocabulary.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { OutboxRecord } from '../store/collections/outbox.ts';
import { isDuplicateKey } from '../store/faults.ts';
import type { Session } from '../store/store.ts';
import { inTransaction, StaleReadError } from '../store/transaction.ts';
import { writable } from '../store/writable.ts';
import type { LedgerContext } from './ledger.ts';
import { type EventDraft, outboxEntry, writeOutbox } from './outbox-entry.ts';
import { adjustedEvent, alertsOf } from './stock-events.ts';
import { readStock, writeStock } from './stock-writes.ts';

/** A change of the units on hand that somebody asks for. */
export interface AdjustmentCommand {
  /** Id of the movement to be made: a command that is run again is known by it. */
  readonly movementId: string;
  readonly variantId: string;
  readonly productId: string;
  readonly amount: AdjustmentAmount;
  readonly expected?: ExpectedLevel;
  /** SHA-256 of the request, where `movementId` was made of its Idempotency-Key. */
  readonly requestHash?: string;
  readonly onHandMax: number;
  readonly reason: string;
  readonly reference?: string;
  readonly actor: string;
}

/** What became of the command; `level` is the level that it made or that refused it. */
export type AdjustmentResult =
  | {
      readonly kind: 'adjusted';
      readonly movement: MovementRecord;
      readonly level: StockLevel;
      /** True where an earlier command with this movement's id has made it. */
      readonly isReplay?: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly code: AdjustmentRefusal | 'idempotency_key_reused';
      readonly level: StockLevel;
    }
  | { readonly kind: 'missing' };

/**
 * Adjusts stock in one transaction, in the order of the commands.
 * @throws what cannot be cured by trying again; nothing of the batch is then done
 */
export async function adjustStock(
  context: LedgerContext,
  commands: readonly AdjustmentCommand[],
): Promise<readonly AdjustmentResult[]> {
  const products = commands.map((command) => command.productId);
  const { results, entry } = await context.locks.holding(products, () =>
    inTransaction(context.store, (session) => adjustAtSnapshot(context, session, commands)),
  );
  if (entry.events.length > 0) context.onCommitted?.(entry);
  return results;
}

async function adjustAtSnapshot(
  context: LedgerContext,
  session: Session,
  commands: readonly AdjustmentCommand[],
): Promise<{ results: AdjustmentResult[]; entry: OutboxRecord }> {
  const { store } = context;
  const variantIds = [...new Set(commands.map((command) => command.variantId))];
  const book = new StockChanges(await readStock(store, session, variantIds));
  const done = await readDone(context, session, commands);
  const at = context.clock.now();
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const results = commands.map((command): AdjustmentResult => {
    const level = book.levelOf(command.variantId);
    if (level === undefined) return { kind: 'missing' };
    const earlier = done.get(command.movementId);
    if (earlier !== undefined) return repeated(command, earlier, level);
    const { amount, onHandMax, expected } = command;
    const decision = decideAdjustment(level, amount, onHandMax, expected);
    if (decision.kind === 'refused') return { ...decision, level };
    const delta = { onHand: decision.onHandDelta, reserved: 0, sold: 0 };
    const after = book.change(command.variantId, delta);
    const movement = movementOf(command, after, delta, at);
    movements.push(movement);
    done.set(movement._id, movement);
    events.push(adjustedEvent(after, delta.onHand, command.reason), ...alertsOf(level, after));
    return { kind: 'adjusted', movement, level: after };
  });
  const entry = outboxEntry(events, at);
  if (movements.length > 0) {
    await writeMovements(context, session, movements);
  }
  await writeOutbox(store, session, entry);
  await writeStock(store, session, book.changes());
  return { results, entry };
}

/** Movements of these commands that an earlier try has committed though nobody heard of it. */
async function readDone(
  context: LedgerContext,
  session: Session,
  commands: readonly AdjustmentCommand[],
): Promise<Map<string, MovementRecord>> {
  const ids = commands.map((command) => command.movementId);
  const found = await context.store.movements
    .find<MovementRecord>({ _id: { $in: ids } }, { session })
    .toArray();
  return new Map(found.map((movement) => [movement._id, movement]));
}

/** The first answer again, unless the key was used for another request. */
function repeated(
  { requestHash }: AdjustmentCommand,
  movement: MovementRecord,
  level: StockLevel,
): AdjustmentResult {
  const { request, version } = movement;
  if (request?.hash !== requestHash) {
    return { kind: 'refused', code: 'idempotency_key_reused', level };
  }
  if (request === undefined) return { kind: 'adjusted', movement, level, isReplay: true };
  const { variantId, productId, shopId } = level;
  const made = { variantId, productId, shopId, version, ...request.level };
  return { kind: 'adjusted', movement, level: made, isReplay: true };
}

/** @throws StaleReadError when another process has just made one of them; it is then found */
async function writeMovements(
  { store }: LedgerContext,
  session: Session,
  movements: readonly MovementRecord[],
): Promise<void> {
  try {
    await writable(store).movements.insertMany(movements, { session, ordered: false });
  } catch (error) {
    throw isDuplicateKey(error, '_id_') ? new StaleReadError('a movement') : error;
  }
}

function movementOf(
  command: AdjustmentCommand,
  level: StockLevel,
  delta: MovementRecord['delta'],
  at: Date,
): MovementRecord {
  const { requestHash } = command;
  const { variantId: _v, productId: _p, shopId, version, ...counters } = level;
  return {
    _id: command.movementId,
    variantId: command.variantId,
    shopId,
    version,
    kind: 'adjust',
    delta,
    reason: command.reason,
    ...(command.reference === undefined ? {} : { reference: command.reference }),
    actor: command.actor,
    at,
    ...(requestHash !== undefined && { request: { hash: requestHash, level: counters } }),
  };
}
