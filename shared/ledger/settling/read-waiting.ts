import type { StockLevel } from '../../domain/vocabulary.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { WAITING_ORDER, type WaitRecord } from '../../store/collections/waits.ts';
import type { Session, Store } from '../../store/store.ts';
import { readStock } from '../stock-levels.ts';

/**
 * The maximum numbers of waiting checkouts that one transaction reads, and of variants that they
 * wait for.
 */
const WAITING_MAX = 256;
const AWAITED_MAX = 64;
/** After this many waits of a variant, one transaction reads no further page of them. */
const READ_MAX = 10_240;
const PAGE_MAX = 512;

/** The checkouts that wait for the free units of a batch's variants. */
export interface WaitingCheckouts {
  readonly checkouts: readonly CheckoutRecord[];
  /** Variants with free units for which all waits have been read. */
  readonly readWhole: ReadonlySet<string>;
  /** Variants for which more checkouts may wait, with the last wait that was read, if one was. */
  readonly readUpTo: ReadonlyMap<string, WaitPlace | undefined>;
}

/** The place of a wait in the order in which units are given out. */
type WaitPlace = Pick<WaitRecord, '_id' | 'acceptedAt' | 'isBehind'>;

const NONE_WAITING: WaitingCheckouts = {
  checkouts: [],
  readWhole: new Set(),
  readUpTo: new Map(),
};

/**
 * Reads, at the transaction's snapshot, the first waiting checkouts that fit into the free units of
 * these variants. Reads nothing if no unit is free or no checkout waits. A checkout that begins to
 * wait changes the stock level, so a transaction that takes units cannot miss it. Checkouts that
 * lack units of another variant are left out, because they must not hide a checkout that fits.
 */
export async function readWaiting(
  store: Store,
  session: Session,
  levels: readonly StockLevel[],
): Promise<WaitingCheckouts> {
  const awaited = levels.filter((level) => level.waits !== undefined && availableUnits(level) > 0);
  if (awaited.length === 0) return NONE_WAITING;
  const free = new Map(levels.map((level) => [level.variantId, availableUnits(level)]));
  const fittingIds = new Set<string>();
  const readWhole = new Set<string>();
  const readUpTo = new Map<string, WaitPlace | undefined>();
  let checkoutsLeft = WAITING_MAX;
  let servedVariants = 0;
  for (const { variantId } of awaited) {
    // Each checkout takes at least one unit, so at most as many are served as units are free.
    const limit =
      servedVariants < AWAITED_MAX ? Math.min(checkoutsLeft, free.get(variantId) ?? 0) : 0;
    const { fitting, isWhole, last } = await findFitting(store, session, {
      variantId,
      limit,
      free,
    });
    checkoutsLeft -= fitting.length;
    if (fitting.length > 0) servedVariants += 1;
    if (isWhole) readWhole.add(variantId);
    else readUpTo.set(variantId, last);
    for (const id of fitting) fittingIds.add(id);
  }
  const ids = [...fittingIds];
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

/**
 * Counts, at the transaction's snapshot, the free units of a variant that are left after the
 * waiting checkouts that fit have got their units. Returns 0 if more checkouts may fit than were
 * read.
 */
export async function countUnawaited(
  store: Store,
  session: Session,
  level: StockLevel,
): Promise<number> {
  const { variantId } = level;
  const { checkouts, readWhole } = await readWaiting(store, session, [level]);
  if (checkouts.length > 0 && !readWhole.has(variantId)) return 0;
  const awaited = checkouts
    .flatMap(({ lines }) => lines.filter((line) => line.variantId === variantId))
    .reduce((sum, { quantity }) => sum + quantity, 0);
  return Math.max(0, availableUnits(level) - awaited);
}

interface FittingQuery {
  readonly variantId: string;
  readonly limit: number;
  /** The free units by variant; further variants are added when they are read. */
  readonly free: Map<string, number>;
}

interface FittingWaits {
  /** The ids of checkouts that fit. */
  readonly fitting: readonly string[];
  /** Whether all waits of the variant were read. */
  readonly isWhole: boolean;
  /** The last wait that was read. */
  readonly last: WaitPlace | undefined;
}

/**
 * Finds the first waiting checkouts of a variant that fit: the free units suffice for all lines of
 * the checkout, if no other checkout takes any.
 */
async function findFitting(
  store: Store,
  session: Session,
  { variantId, limit, free }: FittingQuery,
): Promise<FittingWaits> {
  const fitting: string[] = [];
  let last: WaitPlace | undefined;
  let isWhole = false;
  for (let read = 0; fitting.length < limit && !isWhole && read < READ_MAX; ) {
    // The first checkouts nearly always fit, so the first page has no more than are wanted.
    const count = read === 0 ? limit : PAGE_MAX;
    const after = last;
    const page = await readPage(store, session, { variantId, free, after, count });
    await addFreeUnits(store, session, page, free);
    for (const wait of page) {
      if (fitting.length >= limit) break;
      last = wait;
      read += 1;
      if (wait.lines.every((line) => line.quantity <= (free.get(line.variantId) ?? 0))) {
        fitting.push(wait._id);
      }
    }
    isWhole = page.length < count && (last === after || last === page.at(-1));
  }
  return { fitting, isWhole, last };
}

type Wait = WaitPlace & Pick<WaitRecord, 'lines'>;

interface PageQuery extends Omit<FittingQuery, 'limit'> {
  readonly after: WaitPlace | undefined;
  readonly count: number;
}

/** Reads the next waits for a variant whose line for this variant fits. */
function readPage(
  store: Store,
  session: Session,
  { variantId, free, after, count }: PageQuery,
): Promise<Wait[]> {
  const fitting = { variantId, quantity: { $lte: free.get(variantId) ?? 0 } };
  return store.waits
    .find<Wait>(
      { isWaiting: true, lines: { $elemMatch: fitting }, ...(after && comesAfter(after)) },
      {
        ...{ session, hint: 'waiting_in_turn', sort: WAITING_ORDER, limit: count },
        ...{ projection: { isBehind: 1, acceptedAt: 1, lines: 1 }, batchSize: count + 1 },
      },
    )
    .toArray();
}

/** Returns a filter for the waits after this place in `WAITING_ORDER`. */
function comesAfter({ isBehind, acceptedAt, _id }: WaitPlace) {
  const later = [{ acceptedAt: { $gt: acceptedAt } }, { acceptedAt, _id: { $gt: _id } }];
  if (isBehind) return { isBehind: true as const, $or: later };
  return { $or: [{ isBehind: true as const }, ...later] };
}

/** Adds to `free` the free units of other variants that these checkouts wait for. */
async function addFreeUnits(
  store: Store,
  session: Session,
  waits: readonly Wait[],
  free: Map<string, number>,
): Promise<void> {
  const variantIds = waits.flatMap(({ lines }) => lines.map((line) => line.variantId));
  const unknown = [...new Set(variantIds)].filter((id) => !free.has(id));
  if (unknown.length === 0) return;
  for (const id of unknown) free.set(id, 0);
  for (const level of await readStock(store, session, unknown)) {
    free.set(level.variantId, availableUnits(level));
  }
}

/**
 * Returns the variants for which no checkout waits, apart from the checkouts in `leaving`.
 * @param leaving ids of checkouts that stop waiting in the transaction
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
      { ...(session && { session }), hint: 'waiting_in_turn', projection: { _id: 1 } },
    );
    if (other === null) unawaited.add(variantId);
  }
  return unawaited;
}
