import type { RepairPlan, Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { StockDelta, StockLevel } from '../../domain/vocabulary.ts';
import type { OutboxRecord } from '../../store/collections/outbox.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session } from '../../store/store.ts';
import { inTransaction } from '../../store/transaction.ts';
import { writable } from '../../store/writable.ts';
import type { LedgerContext } from '../ledger.ts';
import { outboxEntry, writeOutbox } from '../outbox-entry.ts';
import { readStock, writeStock } from '../stock-writes.ts';
import { mendMovements, moveCarriers, repairEvents, repairMovements } from './repair-writes.ts';

/** A variant's record that has been made sound again. */
export interface RepairedVariant {
  readonly variantId: string;
  /** By how much the stored counters were changed. */
  readonly corrections: StockDelta;
  /** The stock version that the repair made. */
  readonly version: number;
}

type RepairResult = RepairedVariant | Unrepairable;

type Owner = Pick<StockLevel, 'productId' | 'shopId'>;

interface Done {
  readonly result: RepairResult;
  readonly entry?: OutboxRecord;
}

/**
 * Carries out a plan in one transaction under the product's lock. The plan holds differences, not
 * levels: whatever the ledger's verbs have done since it was made kept them as they were, so it
 * is applied to the level as it is now. Only moving a change to another version needs the very
 * version that was seen. A second repair of the same differences finds the first one's movement.
 */
export async function repairVariant(
  context: LedgerContext,
  plan: RepairPlan,
): Promise<RepairResult> {
  const { variantId } = plan;
  const owner = await ownerOf(context, variantId);
  if (owner === undefined) return { variantId, reason: 'no product has this variant' };
  const { result, entry } = await context.locks.holding([owner.productId], () =>
    inTransaction(context.store, (session) => repairAtSnapshot(context, session, plan, owner)),
  );
  if (entry !== undefined) context.onCommitted?.(entry);
  return result;
}

async function repairAtSnapshot(
  context: LedgerContext,
  session: Session,
  plan: RepairPlan,
  owner: Owner,
): Promise<Done> {
  const { store } = context;
  const { variantId, moves, corrections } = plan;
  const [stored] = await readStock(store, session, [variantId]);
  const level = stored ?? reopened(plan, owner);
  const obstacle = await obstacleTo(context, session, plan, level);
  if (level === undefined || obstacle !== undefined) {
    return { result: { variantId, reason: obstacle ?? 'it has no stock level' } };
  }
  if (stored === undefined) await insertLevel(context, session, level);

  const at = context.clock.now();
  const highestMove = moves.reduce((highest, { to }) => Math.max(highest, to), level.version);
  const version = highestMove + 1;
  const movements = repairMovements(plan, level, version, at);
  const entry = outboxEntry(repairEvents(level, version, corrections), at);
  await mendMovements(context, session, plan);
  await moveCarriers(context, session, plan);
  await writable(store).movements.insertMany(movements, { session, ordered: true });
  await writeOutbox(store, session, entry);
  const change = { variantId, fromVersion: level.version, toVersion: version };
  await writeStock(store, session, [{ ...change, delta: corrections }]);
  return { result: { variantId, corrections, version }, entry };
}

async function ownerOf({ store }: LedgerContext, variantId: string): Promise<Owner | undefined> {
  const level = await store.stock.findOne<Owner>({ _id: variantId });
  if (level !== null) return level;
  const product = await store.products.findOne<Pick<ProductRecord, '_id' | 'shopId'>>(
    { 'variants.id': variantId },
    { projection: { shopId: 1 } },
  );
  return product === null ? undefined : { productId: product._id, shopId: product.shopId };
}

function reopened(plan: RepairPlan, { productId, shopId }: Owner): StockLevel | undefined {
  return plan.reopenAs && { ...plan.reopenAs, variantId: plan.variantId, productId, shopId };
}

async function insertLevel(
  { store }: LedgerContext,
  session: Session,
  { variantId, ...level }: StockLevel,
): Promise<void> {
  await writable(store).stock.insertOne({ _id: variantId, ...level }, { session });
}

/** Why the plan cannot be carried out on this level, if it cannot. */
async function obstacleTo(
  { store }: LedgerContext,
  session: Session,
  { variantId, seenVersion, moves, corrections }: RepairPlan,
  level: StockLevel | undefined,
): Promise<string | undefined> {
  const moved = moves.map(({ carrier }) => carrier.id);
  const repaired = await store.movements.findOne(
    {
      variantId,
      kind: 'reconcile',
      version: { $gt: seenVersion },
      _id: { $nin: moved },
    },
    { session },
  );
  if (repaired !== null) return 'it has been repaired meanwhile';
  if (level === undefined) return 'it has no stock level';
  if (moves.length > 0 && level.version !== seenVersion) {
    return 'its stock changed meanwhile: run again when it is quiet';
  }
  return impossibleAfter(level, corrections);
}

/** Arithmetic cannot cure these: somebody has to cancel orders or count the shelf. */
function impossibleAfter(level: StockLevel, corrections: StockDelta): string | undefined {
  const onHand = level.onHand + corrections.onHand;
  const reserved = level.reserved + corrections.reserved;
  const sold = level.sold + corrections.sold;
  if (![onHand, reserved, sold].every((units) => Number.isSafeInteger(units) && units >= 0)) {
    return `its records come to ${onHand} on hand, ${reserved} reserved, ${sold} sold`;
  }
  if (reserved > onHand) return `orders hold ${reserved} units and only ${onHand} are on hand`;
  return undefined;
}
