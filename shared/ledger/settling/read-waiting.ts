import type { StockLevel } from '../../domain/vocabulary.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { WaitRecord } from '../../store/collections/waits.ts';
import type { Session, Store } from '../../store/store.ts';

/** Waiting checkouts that one transaction considers, and variants for which it reads some. */
const WAITING_MAX = 256;
const AWAITED_MAX = 64;

/** The checkouts that wait for the free units of a batch's variants. */
export interface WaitingCheckouts {
  readonly checkouts: readonly CheckoutRecord[];
  /** Variants with free units for which all that fit have been read. */
  readonly readWhole: ReadonlySet<string>;
  /** Variants for which more wait, with the last one that was read. */
  readonly readUpTo: ReadonlyMap<string, WaitPlace | undefined>;
}

/** The place of a wait in the order of acceptance. */
type WaitPlace = Pick<WaitRecord, '_id' | 'acceptedAt'>;

const NONE_WAITING: WaitingCheckouts = {
  checkouts: [],
  readWhole: new Set(),
  readUpTo: new Map(),
};

/**
 * Reads, at the transaction's snapshot, the checkouts that wait for free units of these variants, in
 * the order of acceptance. It reads nothing where no unit is free or none waits. Any checkout that
 * begins to wait changes the stock level, so none can be missed by a transaction that takes units.
 */
export async function readWaiting(
  store: Store,
  session: Session,
  levels: readonly StockLevel[],
): Promise<WaitingCheckouts> {
  const awaited = levels.filter((level) => level.waits !== undefined && availableUnits(level) > 0);
  if (awaited.length === 0) return NONE_WAITING;
  const found = new Set<string>();
  const readWhole = new Set<string>();
  const readUpTo = new Map<string, WaitPlace | undefined>();
  let room = WAITING_MAX;
  for (const [index, level] of awaited.entries()) {
    const { variantId } = level;
    const limit = index < AWAITED_MAX ? room : 0;
    const waiting = limit === 0 ? [] : await readFitting(store, session, level, limit);
    room -= waiting.length;
    if (waiting.length < limit) readWhole.add(variantId);
    else readUpTo.set(variantId, waiting.at(-1));
    for (const { _id } of waiting) found.add(_id);
  }
  const ids = [...found];
  const checkouts =
    ids.length === 0
      ? []
      : await store.checkouts
          .find<CheckoutRecord>(
            { ...byIds(ids), status: 'waiting' },
            { ...inOneBatch(ids), session },
          )
          .toArray();
  return { checkouts, readWhole, readUpTo };
}

function readFitting(
  store: Store,
  session: Session,
  level: StockLevel,
  limit: number,
): Promise<WaitPlace[]> {
  const { variantId } = level;
  const fitting = { variantId, quantity: { $lte: availableUnits(level) } };
  return store.waits
    .find<WaitPlace>(
      { isWaiting: true, lines: { $elemMatch: fitting } },
      {
        ...{ session, hint: 'waiting_in_order', sort: { acceptedAt: 1, _id: 1 }, limit },
        ...{ projection: { acceptedAt: 1 }, batchSize: limit + 1 },
      },
    )
    .toArray();
}

/**
 * Returns those of the variants for which surely no checkout waits but these.
 * @param leaving checkouts that stop to wait in the transaction
 */
export async function findUnawaited(
  store: Store,
  session: Session | undefined,
  variantIds: readonly string[],
  leaving: readonly string[],
): Promise<Set<string>> {
  const unawaited = new Set<string>();
  for (const variantId of variantIds) {
    const other = await store.waits.findOne(
      { isWaiting: true, 'lines.variantId': variantId, _id: { $nin: [...leaving] } },
      { ...(session && { session }), hint: 'waiting_in_order', projection: { _id: 1 } },
    );
    if (other === null) unawaited.add(variantId);
  }
  return unawaited;
}
