import { StockChanges } from '../../domain/stock-changes.ts';
import type { DrawRecord } from '../../store/collections/draws.ts';
import type { Session } from '../../store/store.ts';
import { type AuditDraft, commit, type Decision } from '../commit.ts';
import { withoutLapsed } from '../expire-orders.ts';
import type { LedgerContext } from '../ledger.ts';
import { type Attempt, findLapsed } from '../moving/lapsed-orders.ts';
import { countUnawaited } from '../settling/read-waiting.ts';
import { toAlertEvents } from '../stock-events.ts';
import { readStock } from '../stock-levels.ts';
import { moveHeld, readDraw } from './draw-store.ts';
import { newGates } from './gates.ts';

/** A new draw with its seed. */
export interface DrawDraft {
  readonly draw: DrawRecord;
  /** In hex. `draw.seedHash` is its hash, which is published when the draw is created. */
  readonly seed: string;
  /** The audit entry of the creation. */
  readonly audit?: AuditDraft;
}

/**
 * The result of creating a draw. `repeated`: the same request has created it before; `reused`:
 * another request has created a draw with this id; `too_few`: not enough units are available;
 * `missing`: the variant has no stock level.
 */
export type CreatedDraw =
  | { readonly kind: 'created' | 'repeated'; readonly draw: DrawRecord }
  | { readonly kind: 'reused' }
  | { readonly kind: 'too_few'; readonly available: number }
  | { readonly kind: 'missing' };

/**
 * Creates a draw and sets its units aside. Units that waiting checkouts are about to get do not
 * count as available. The seed is stored separately until the draw closes. Returns an existing draw
 * with the same id if the same request created it.
 */
export async function createDraw(context: LedgerContext, draft: DrawDraft): Promise<CreatedDraw> {
  return withoutLapsed(context, (isFinal) =>
    commit(context, [draft.draw.productId], (session) => decide(context, session, draft, isFinal)),
  );
}

async function decide(
  { store }: LedgerContext,
  session: Session,
  { draw, seed, audit }: DrawDraft,
  isFinal: boolean,
): Promise<Decision<Attempt<CreatedDraw>>> {
  const { _id, variantId, quantity, createdAt: at, createdBy: actor } = draw;
  const earlier = await readDraw(store, session, _id);
  if (earlier !== undefined) {
    const isSame = earlier.requestHash === draw.requestHash;
    return { result: { done: isSame ? { kind: 'repeated', draw: earlier } : { kind: 'reused' } } };
  }
  const [level] = await readStock(store, session, [variantId]);
  if (level === undefined) return { result: { done: { kind: 'missing' } } };
  const available = await countUnawaited(store, session, level);
  if (available < quantity) {
    const lapsed = isFinal
      ? []
      : await findLapsed(store, session, at, [{ variantIds: [variantId] }]);
    if (lapsed.length > 0) return { result: { lapsed } };
    return { result: { done: { kind: 'too_few', available } } };
  }
  const stock = new StockChanges([level]);
  const reason = 'set aside for a draw';
  const movement = moveHeld(stock, draw, { units: quantity, reason, actor, at });
  const after = stock.get(variantId) ?? level;
  const write = async () => {
    await store.draws.insertOne(draw, { session });
    await store.drawSeeds.insertOne({ _id, seed }, { session });
    await store.drawGates.insertMany(newGates(_id), { session });
  };
  return {
    result: { done: { kind: 'created', draw } },
    changes: {
      ...{ at, write, movements: [movement], stock: stock.changes() },
      events: toAlertEvents(level, after),
      audit: audit === undefined ? [] : [audit],
    },
  };
}
