import { isOver } from '../../domain/judging/draw-units.ts';
import { isCount, replay } from '../../domain/judging/history.ts';
import {
  planRepair,
  type RepairPlan,
  type Unrepairable,
} from '../../domain/judging/repair-plan.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { changeLevel, findFreed } from '../../domain/stock-changes.ts';
import type { StockDelta, StockLevel } from '../../domain/vocabulary.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import type { ProductRecord } from '../../store/collections/products.ts';
import type { Session, Store } from '../../store/store.ts';
import { writable } from '../../store/writable.ts';
import { commit, type Decision } from '../commit.ts';
import { readDraw, updateDraw } from '../draws/draw-store.ts';
import { findMostLapses } from '../lapses/forget-lapses.ts';
import type { LedgerContext } from '../ledger.ts';
import { findUnawaited } from '../settling/find-unawaited.ts';
import { readStock } from '../stock-levels.ts';
import {
  moveCarriers,
  readMisplacedCarriers,
  repairEvents,
  repairMovements,
  rewriteMovements,
} from './repair-writes.ts';

/** A variant whose record is consistent again. */
export interface RepairedVariant {
  readonly variantId: string;
  /** The change of the stored counters. */
  readonly corrections: StockDelta;
  /** The stock version after the repair. */
  readonly version: number;
}

type RepairResult = RepairedVariant | Unrepairable;

/**
 * Plans the repair of a variant's record and carries it out, or returns why that is not possible.
 */
export async function repairVariant(
  context: LedgerContext,
  record: VariantRecord,
): Promise<RepairResult> {
  const timeline = replay(record.changes, record.stored?.version);
  const carriers = await readMisplacedCarriers(context.store, record.variantId, timeline);
  const plan = planRepair(record, timeline, carriers);
  return 'reason' in plan ? plan : carryOut(context, plan);
}

type Owner = Pick<StockLevel, 'productId' | 'shopId'>;

/**
 * Carries out a plan in one transaction under the product's lock. The plan contains differences and
 * not levels. The ledger's verbs do not change the differences, so the plan applies to the current
 * level. If it moves changes to other versions, however, the level must still have the version for
 * which the plan was made. A second repair of the same differences finds the movement of the first
 * repair, and changes nothing.
 */
async function carryOut(context: LedgerContext, plan: RepairPlan): Promise<RepairResult> {
  const { variantId } = plan;
  const owner = await findOwner(context, variantId);
  if (owner === undefined) return { variantId, reason: 'no product has this variant' };
  return commit(context, [owner.productId], (session) =>
    decideRepair(context, session, plan, owner),
  );
}

async function decideRepair(
  context: LedgerContext,
  session: Session,
  plan: RepairPlan,
  owner: Owner,
): Promise<Decision<RepairResult>> {
  const { store, clock } = context;
  const { variantId, moves, corrections } = plan;
  const [stored] = await readStock(store, session, [variantId]);
  const level = stored ?? (await reopenLevel(context, session, plan, owner));
  const obstacle = await findObstacle(context, session, plan, level);
  if (level === undefined || obstacle !== undefined) {
    return { result: { variantId, reason: obstacle ?? 'it has no stock level' } };
  }
  const draws = await readDraws(context, session, plan);
  if (!draws.every(({ draw, held }) => mayHold(draw, held))) {
    return { result: { variantId, reason: 'its draw has changed meanwhile: run again' } };
  }
  const at = clock.now();
  const highestMove = moves.reduce((highest, { to }) => Math.max(highest, to), level.version);
  const version = highestMove + 1;
  // While the level was missing, none of its units was on sale.
  const before = stored ?? { ...level, onHand: 0, reserved: 0 };
  const changes = {
    at,
    events: repairEvents(level, version, corrections),
    write: async () => {
      if (stored === undefined) await insertLevel(store, session, level);
      await rewriteMovements(context, session, plan);
      await moveCarriers(context, session, plan);
      for (const { draw, held } of draws) {
        await updateDraw(store, session, draw, { $set: { held } });
      }
    },
    movements: repairMovements(plan, level, version, at),
    stock: [
      {
        ...{ variantId, fromVersion: level.version, toVersion: version, delta: corrections },
        heldByUnlisted: plan.heldByUnlisted,
        ...findFreed(before, changeLevel(level, corrections, version)),
      },
    ],
  };
  return { result: { variantId, corrections, version }, changes };
}

/** Reads the draws that a plan corrects, each with the units that it holds after the repair. */
async function readDraws({ store }: LedgerContext, session: Session, { draws }: RepairPlan) {
  const corrected: { readonly draw: DrawRecord; readonly held: number }[] = [];
  for (const { drawId, stored, expected } of draws) {
    const draw = await readDraw(store, session, drawId);
    if (draw !== undefined) corrected.push({ draw, held: draw.held + expected - stored });
  }
  return corrected;
}

/** Returns whether a draw may hold this many units. A draw that is over may hold none. */
function mayHold(draw: DrawRecord, held: number): boolean {
  return isOver(draw) ? held === 0 : isCount(held);
}

async function findOwner({ store }: LedgerContext, variantId: string): Promise<Owner | undefined> {
  const level = await store.stock.findOne<Owner>({ _id: variantId });
  if (level !== null) return level;
  const product = await store.products.findOne<Pick<ProductRecord, '_id' | 'shopId'>>(
    { 'variants.id': variantId },
    { projection: { shopId: 1 } },
  );
  return product === null ? undefined : { productId: product._id, shopId: product.shopId };
}

/**
 * Returns the level to insert for a variant that has none; undefined if the plan has no such level.
 * The level has a mark if checkouts wait for its units, and the highest number of lapses that a
 * buyer has of its product.
 */
async function reopenLevel(
  { store }: LedgerContext,
  session: Session,
  { variantId, reopenAs }: RepairPlan,
  { productId, shopId }: Owner,
): Promise<StockLevel | undefined> {
  if (reopenAs === undefined) return undefined;
  const unawaited = await findUnawaited(store, session, [variantId], []);
  const lapses = await findMostLapses(store, session, productId);
  return {
    ...{ ...reopenAs, variantId, productId, shopId },
    ...(!unawaited.has(variantId) && { waits: 1 }),
    ...(lapses !== undefined && { lapses }),
  };
}

async function insertLevel(
  store: Store,
  session: Session,
  { variantId, ...level }: StockLevel,
): Promise<void> {
  await writable(store).stock.insertOne({ _id: variantId, ...level }, { session });
}

/** Returns why the plan cannot be carried out on this level, if it cannot. */
async function findObstacle(
  { store }: LedgerContext,
  session: Session,
  { variantId, seenVersion, moves, corrections }: RepairPlan,
  level: StockLevel | undefined,
): Promise<string | undefined> {
  const moved = moves.map(({ carrier }) => carrier.id);
  const repaired = await store.movements.findOne(
    { variantId, kind: 'reconcile', version: { $gt: seenVersion }, _id: { $nin: moved } },
    { session },
  );
  if (repaired !== null) return 'it has been repaired meanwhile';
  if (level === undefined) return 'it has no stock level';
  if (moves.length > 0 && level.version !== seenVersion) {
    return 'its stock has changed meanwhile: run again when it changes less often';
  }
  return findImpossible(level, corrections);
}

/**
 * Returns why the corrected level is impossible, if it is. The seller then has to cancel orders or
 * recount.
 */
function findImpossible(level: StockLevel, corrections: StockDelta): string | undefined {
  const { onHand, reserved, sold } = changeLevel(level, corrections, level.version);
  if (![onHand, reserved, sold].every((units) => Number.isSafeInteger(units) && units >= 0)) {
    return `its records add up to ${onHand} on hand, ${reserved} reserved, ${sold} sold`;
  }
  if (reserved > onHand) return `orders hold ${reserved} units and only ${onHand} are on hand`;
  return undefined;
}
