import {
  type AdjustmentAmount,
  type AdjustmentRefusal,
  decideAdjustment,
  type ExpectedLevel,
} from '../domain/adjustment.ts';
import { StockChanges } from '../domain/stock-changes.ts';
import type { StockLevel } from '../domain/vocabulary.ts';
import type { AuditSource } from '../store/collections/audit.ts';
import type { MovementRecord } from '../store/collections/movements.ts';
import type { Session } from '../store/store.ts';
import { type AuditDraft, commit, type Decision, type EventDraft } from './commit.ts';
import { withoutLapsed } from './expire-orders.ts';
import type { LedgerContext } from './ledger.ts';
import { type Attempt, type DueOrder, findLapsed } from './moving/lapsed-orders.ts';
import { toAdjustedEvent, toAlertEvents } from './stock-events.ts';
import { readStock, toMovement } from './stock-levels.ts';

/** A requested change of the units on hand. */
export interface AdjustmentCommand {
  /** The id of the new movement. A command whose movement exists already is a repetition. */
  readonly movementId: string;
  readonly variantId: string;
  readonly productId: string;
  readonly amount: AdjustmentAmount;
  readonly expected?: ExpectedLevel;
  /** The SHA-256 of the request, if `movementId` was derived from its Idempotency-Key. */
  readonly requestHash?: string;
  /** The maximum number of units on hand after the adjustment. */
  readonly onHandMax: number;
  readonly reason: string;
  readonly reference?: string;
  readonly actor: string;
  /** The caller, for the audit entry of the adjustment; without it there is none. */
  readonly source?: AuditSource;
}

/** The result of a command. `level` is the level after the adjustment, or at the refusal. */
export type AdjustmentResult =
  | {
      readonly kind: 'adjusted';
      readonly movement: MovementRecord;
      readonly level: StockLevel;
      /** True if an earlier command with the same movement id made the adjustment. */
      readonly isReplay?: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly code: AdjustmentRefusal | 'idempotency_key_reused';
      readonly level: StockLevel;
    }
  | { readonly kind: 'missing' };

type Results = readonly AdjustmentResult[];

/**
 * Adjusts stock in one transaction, in the order of the commands. Commands that are refused change
 * nothing. If lapsed orders hold units that the commands need, these orders expire first.
 * @throws the error of the transaction; no stock is then adjusted
 */
export async function adjustStock(
  context: LedgerContext,
  commands: readonly AdjustmentCommand[],
): Promise<Results> {
  return adjust(context, commands, () => true);
}

/**
 * Adjusts stock in one transaction if every command can be applied; otherwise adjusts none. Returns
 * a result for each command, as if the commands before it had been applied. If lapsed orders hold
 * units that the commands need, these orders expire in any case.
 * @param audit the audit entry of all adjustments together
 * @throws the error of the transaction; no stock is then adjusted
 */
export async function adjustAllOrNone(
  context: LedgerContext,
  commands: readonly AdjustmentCommand[],
  audit?: AuditDraft,
): Promise<Results> {
  const areAllAdjusted = (results: Results) => results.every(({ kind }) => kind === 'adjusted');
  return adjust(context, commands, areAllAdjusted, audit);
}

/**
 * Returns the results that `adjustAllOrNone` would return, and adjusts no stock. If lapsed orders
 * hold units that the commands need, these orders expire in any case.
 * @throws the error of the transaction
 */
export async function judgeAdjustments(
  context: LedgerContext,
  commands: readonly AdjustmentCommand[],
): Promise<Results> {
  return adjust(context, commands, () => false);
}

/**
 * Expires lapsed orders that hold units which the commands need. Then applies the commands if
 * `mayWrite` returns true for their results.
 */
async function adjust(
  context: LedgerContext,
  commands: readonly AdjustmentCommand[],
  mayWrite: (results: Results) => boolean,
  audit?: AuditDraft,
): Promise<Results> {
  const products = commands.map((command) => command.productId);
  return withoutLapsed(context, (isFinal) =>
    commit(context, products, async (session): Promise<Decision<Attempt<Results>>> => {
      const { result: results, ...decided } = await decideAll(context, session, commands, audit);
      const lapsed = isFinal ? [] : await findLapsedHolders(context, session, commands, results);
      if (lapsed.length > 0) return { result: { lapsed } };
      const result = { done: results };
      return mayWrite(results) ? { ...decided, result } : { result };
    }),
  );
}

/** Finds the lapsed orders of variants whose adjustments are refused because of reserved units. */
async function findLapsedHolders(
  { store, clock }: LedgerContext,
  session: Session,
  commands: readonly AdjustmentCommand[],
  results: Results,
): Promise<readonly DueOrder[]> {
  const refused = commands.filter((_, index) => {
    const result = results[index];
    return result?.kind === 'refused' && result.code === 'stock_below_reserved';
  });
  const variantIds = refused.map(({ variantId }) => variantId);
  return findLapsed(store, session, clock.now(), [{ variantIds }]);
}

async function decideAll(
  context: LedgerContext,
  session: Session,
  commands: readonly AdjustmentCommand[],
  auditOfAll: AuditDraft | undefined,
): Promise<Decision<Results>> {
  const { store } = context;
  const variantIds = [...new Set(commands.map((command) => command.variantId))];
  const stock = new StockChanges(await readStock(store, session, variantIds));
  const committed = await readCommitted(context, session, commands);
  const at = context.clock.now();
  const movements: MovementRecord[] = [];
  const events: EventDraft[] = [];
  const audit: AuditDraft[] = [];
  const result = commands.map((command): AdjustmentResult => {
    const level = stock.get(command.variantId);
    if (level === undefined) return { kind: 'missing' };
    const earlier = committed.get(command.movementId);
    if (earlier !== undefined) return toReplay(command, earlier, level);
    const { amount, onHandMax, expected } = command;
    const decision = decideAdjustment(level, amount, onHandMax, expected);
    if (decision.kind === 'refused') return { ...decision, level };
    const delta = { onHand: decision.onHandDelta, reserved: 0, sold: 0 };
    const after = stock.change(command.variantId, delta);
    const movement = toAdjustment(command, after, delta, at);
    movements.push(movement);
    audit.push(...toAudit(command, after, delta.onHand));
    committed.set(movement._id, movement);
    events.push(toAdjustedEvent(after, delta.onHand, command.reason));
    events.push(...toAlertEvents(level, after));
    return { kind: 'adjusted', movement, level: after };
  });
  // A repetition makes no movement, so it has no entry.
  if (auditOfAll !== undefined && movements.length > 0) audit.push(auditOfAll);
  return { result, changes: { at, events, movements, audit, stock: stock.changes() } };
}

/** Reads the movements that earlier runs of these commands committed. */
async function readCommitted(
  context: LedgerContext,
  session: Session,
  commands: readonly AdjustmentCommand[],
): Promise<Map<string, MovementRecord>> {
  const ids = commands.map((command) => command.movementId);
  const movements = await context.store.movements
    .find<MovementRecord>({ _id: { $in: ids } }, { session })
    .toArray();
  return new Map(movements.map((movement) => [movement._id, movement]));
}

/**
 * Returns the result of the earlier run, or a refusal if the Idempotency-Key was used for another
 * request.
 */
function toReplay(
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
  const levelAfter = { variantId, productId, shopId, version, ...request.level };
  return { kind: 'adjusted', movement, level: levelAfter, isReplay: true };
}

function toAudit(
  { source, movementId, variantId: target, reason }: AdjustmentCommand,
  { shopId }: StockLevel,
  delta: number,
): AuditDraft[] {
  if (source === undefined) return [];
  const detail = { movementId, delta, reason };
  return [{ action: 'stock.adjusted', shopId, ...source, target, outcome: 'done', detail }];
}

function toAdjustment(
  { movementId, reason, reference, actor, requestHash }: AdjustmentCommand,
  level: StockLevel,
  delta: MovementRecord['delta'],
  at: Date,
): MovementRecord {
  const { variantId: _v, productId: _p, shopId: _s, version: _n, ...counters } = level;
  return {
    ...toMovement(level, { kind: 'adjust', delta, reason, actor, at }),
    _id: movementId,
    ...(reference !== undefined && { reference }),
    ...(requestHash !== undefined && { request: { hash: requestHash, level: counters } }),
  };
}
