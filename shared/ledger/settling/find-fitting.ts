import { availableUnits } from '../../domain/vocabulary.ts';
import { WAITING_ORDER, type WaitRecord } from '../../store/collections/waits.ts';
import type { Session, Store } from '../../store/store.ts';
import { readStock } from '../stock-levels.ts';

/** After this many waits of a variant, one transaction reads no further page of them. */
const READ_MAX = 10_240;
const PAGE_MAX = 512;
/**
 * The maximum numbers of waits, and of levels of other variants, that one transaction reads to find
 * for which of many variants a waiting checkout fits.
 */
const SIFTED_MAX = 2_048;
const SIFTED_LEVELS_MAX = 5_000;

/** The place of a wait in the order in which units are given out. */
export type WaitPlace = Pick<WaitRecord, '_id' | 'acceptedAt' | 'isBehind'>;

export type Wait = WaitPlace & {
  readonly lines: readonly Pick<WaitRecord['lines'][number], 'variantId' | 'quantity'>[];
};

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
export async function findFitting(
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
      const doesFit = isFitting(wait, free);
      const isNew = doesFit && !joined.has(wait._id);
      isFull = fitting.length >= limit || (isNew && newCount >= newMax);
      if (isFull) break;
      last = wait;
      read += 1;
      if (doesFit) fitting.push(wait);
      if (isNew) newCount += 1;
    }
    isWhole = !isFull && page.length < count;
    isFull ||= !isWhole && fitting.length >= limit;
  }
  return { fitting, isWhole, isFull, last };
}

interface PageQuery extends Pick<FittingQuery, 'variantId' | 'free'> {
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

/** Returns whether the free units suffice for all lines, if no other checkout takes any. */
function isFitting({ lines }: Pick<Wait, 'lines'>, free: ReadonlyMap<string, number>): boolean {
  return lines.every(({ variantId, quantity }) => quantity <= (free.get(variantId) ?? 0));
}

/** Adds to `free` the free units of other variants that these checkouts wait for. */
async function addFreeUnits(
  store: Store,
  session: Session,
  waits: readonly Pick<Wait, 'lines'>[],
  free: Map<string, number>,
): Promise<void> {
  const unknown = listUnknown(waits, free);
  if (unknown.length === 0) return;
  for (const id of unknown) free.set(id, 0);
  for (const level of await readStock(store, session, unknown)) {
    free.set(level.variantId, availableUnits(level));
  }
}

/** Lists the variants not in `free` of those checkouts that lack no units of a variant in it. */
function listUnknown(
  waits: readonly Pick<Wait, 'lines'>[],
  free: ReadonlyMap<string, number>,
): string[] {
  const mayFit = ({ variantId, quantity }: Wait['lines'][number]) =>
    quantity <= (free.get(variantId) ?? quantity);
  const variantIds = waits
    .filter(({ lines }) => lines.every(mayFit))
    .flatMap(({ lines }) => lines.map(({ variantId }) => variantId));
  return [...new Set(variantIds)].filter((id) => !free.has(id));
}

interface SiftQuery {
  readonly variantIds: readonly string[];
  /** The free units by variant; further variants are added when they are read. */
  readonly free: Map<string, number>;
  /** So many variants are not sifted, because their waits can be read one variant at a time. */
  readonly unsiftedMax: number;
}

/** Variants that checkouts wait for; those in neither list were not considered. */
interface SiftedVariants {
  /** Variants for which no waiting checkout fits. */
  readonly unfit: readonly string[];
  /** Variants for which checkouts that fit must be found. */
  readonly toRead: readonly string[];
}

/**
 * Finds the variants for which no waiting checkout fits, with one query for many variants. A
 * checkout that waits for one variant marks the levels of all its lines, so many levels with free
 * units can have a mark. If more checkouts wait than one transaction reads for this, only the first
 * variants are considered.
 */
export async function siftVariants(
  store: Store,
  session: Session,
  { variantIds, free, unsiftedMax }: SiftQuery,
): Promise<SiftedVariants> {
  let considered = variantIds;
  while (considered.length > unsiftedMax) {
    const waits = await store.waits
      .find<Pick<Wait, '_id' | 'lines'>>(
        { isWaiting: true, 'lines.variantId': { $in: [...considered] } },
        {
          ...{ session, hint: 'waiting_in_turn', limit: SIFTED_MAX + 1 },
          ...{ projection: { 'lines.variantId': 1, 'lines.quantity': 1 } },
          batchSize: SIFTED_MAX + 2,
        },
      )
      .toArray();
    const levelCount = listUnknown(waits, free).length;
    if (waits.length <= SIFTED_MAX && levelCount <= SIFTED_LEVELS_MAX) {
      await addFreeUnits(store, session, waits, free);
      const fitting = waits.filter((wait) => isFitting(wait, free));
      const fittingIds = new Set(
        fitting.flatMap(({ lines }) => lines.map((line) => line.variantId)),
      );
      return {
        unfit: considered.filter((id) => !fittingIds.has(id)),
        toRead: considered.filter((id) => fittingIds.has(id)),
      };
    }
    considered = considered.slice(0, Math.max(unsiftedMax, Math.floor(considered.length / 2)));
  }
  return { unfit: [], toRead: considered };
}
