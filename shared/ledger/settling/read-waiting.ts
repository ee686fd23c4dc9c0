import type { StockLevel } from '../../domain/vocabulary.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { WAITING_ORDER, type WaitRecord } from '../../store/collections/waits.ts';
import type { Session, Store } from '../../store/store.ts';
import { readStock } from '../stock-levels.ts';
import { byAcceptance } from './by-acceptance.ts';

/**
 * The maximum numbers of waiting checkouts that one transaction reads, and of variants that they
 * wait for.
 */
const WAITING_MAX = 256;
const AWAITED_MAX = 64;
/**
 * The maximum number of further variants of these checkouts for which one transaction reads the
 * waiting checkouts too.
 */
const FURTHER_MAX = 64;
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
 * lack units of another variant are left out, because they must not hide a checkout that fits. The
 * checkouts that fit may take units of further variants, so the checkouts that wait for these
 * variants are read too.
 */
export async function readWaiting(
  store: Store,
  session: Session,
  levels: readonly StockLevel[],
): Promise<WaitingCheckouts> {
  const awaited = levels.filter((level) => level.waits !== undefined && availableUnits(level) > 0);
  if (awaited.length === 0) return NONE_WAITING;
  const free = new Map(levels.map((level) => [level.variantId, availableUnits(level)]));
  const joined = new Map<string, Wait>();
  const readIds = new Set<string>();
  const readWhole = new Set<string>();
  const readUpTo = new Map<string, WaitPlace | undefined>();
  const read = async (variantId: string, newMax: number) => {
    const found = await findFitting(store, session, { variantId, newMax, free, joined });
    for (const wait of found.fitting) joined.set(wait._id, wait);
    readIds.add(variantId);
    readUpTo.delete(variantId);
    if (found.isWhole) readWhole.add(variantId);
    return found;
  };
  let servedVariants = 0;
  for (const { variantId } of awaited) {
    readUpTo.set(variantId, undefined);
    if (servedVariants >= AWAITED_MAX || joined.size >= WAITING_MAX) continue;
    const { fitting, isWhole, last } = await read(variantId, WAITING_MAX - joined.size);
    if (fitting.length > 0) servedVariants += 1;
    if (!isWhole) readUpTo.set(variantId, last);
  }
  for (let count = 0; count < FURTHER_MAX; count += 1) {
    const [variantId] = listUnreadOfFirst(joined, readIds);
    if (variantId === undefined) break;
    // The oldest checkout of each variant is read even if there is no room, because without it no
    // other checkout of the variant could be decided.
    const { isFull, last } = await read(variantId, Math.max(1, WAITING_MAX - joined.size));
    // If `READ_MAX` waits were read and too few of them fit, the checkouts that were found do not
    // have to wait until the further waits are read.
    if (isFull) readUpTo.set(variantId, last);
  }
  for (const { lines } of joined.values()) {
    for (const { variantId } of lines) {
      if (!readIds.has(variantId)) readUpTo.set(variantId, undefined);
    }
  }
  const ids = [...joined.keys()];
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

/**
 * Finds the first checkout in turn that wants variants whose waits were not read, and lists these
 * variants. They are read first, so that this checkout can be decided even if `FURTHER_MAX` is
 * reached.
 */
function listUnreadOfFirst(
  joined: ReadonlyMap<string, Wait>,
  readIds: ReadonlySet<string>,
): string[] {
  const listUnread = ({ lines }: Wait) =>
    lines.map(({ variantId }) => variantId).filter((id) => !readIds.has(id));
  const [first] = [...joined.values()]
    .filter((wait) => listUnread(wait).length > 0)
    .sort(
      (a, b) => Number(a.isBehind === true) - Number(b.isBehind === true) || byAcceptance(a, b),
    );
  return first === undefined ? [] : listUnread(first);
}

interface FittingQuery {
  readonly variantId: string;
  /** The maximum number of checkouts to find that have not joined. */
  readonly newMax: number;
  /** The free units by variant; further variants are added when they are read. */
  readonly free: Map<string, number>;
  /** The checkouts that were found for other variants. */
  readonly joined: ReadonlyMap<string, Wait>;
}

interface FittingWaits {
  readonly fitting: readonly Wait[];
  /** Whether all waits of the variant were read. */
  readonly isWhole: boolean;
  /** Whether more checkouts may fit, but as many as wanted were found. */
  readonly isFull: boolean;
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
  { variantId, newMax, free, joined }: FittingQuery,
): Promise<FittingWaits> {
  const joinedCount = [...joined.values()].filter(({ lines }) =>
    lines.some((line) => line.variantId === variantId),
  ).length;
  // Each checkout takes at least one unit, so at most as many are served as units are free.
  const limit = Math.min(newMax + joinedCount, free.get(variantId) ?? 0);
  const fitting: Wait[] = [];
  let newCount = 0;
  let last: WaitPlace | undefined;
  let isWhole = false;
  let isFull = limit === 0;
  for (let read = 0; !isFull && !isWhole && read < READ_MAX; ) {
    // The first checkouts nearly always fit, so the first page has no more than are wanted.
    const count = read === 0 ? limit : PAGE_MAX;
    const page = await readPage(store, session, { variantId, free, after: last, count });
    await addFreeUnits(store, session, page, free);
    for (const wait of page) {
      const isFitting = wait.lines.every(
        (line) => line.quantity <= (free.get(line.variantId) ?? 0),
      );
      const isNew = isFitting && !joined.has(wait._id);
      isFull = fitting.length >= limit || (isNew && newCount >= newMax);
      if (isFull) break;
      last = wait;
      read += 1;
      if (isFitting) fitting.push(wait);
      if (isNew) newCount += 1;
    }
    isWhole = !isFull && page.length < count;
    isFull ||= !isWhole && fitting.length >= limit;
  }
  return { fitting, isWhole, isFull, last };
}

type Wait = WaitPlace & Pick<WaitRecord, 'lines'>;

interface PageQuery extends Pick<FittingQuery, 'variantId' | 'free'> {
  readonly after: WaitPlace | undefined;
  readonly count: number;
}

/** Reads the next waits that want at most the free units of this variant. */
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
