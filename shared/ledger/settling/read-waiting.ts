import type { StockLevel } from '../../domain/vocabulary.ts';
import { availableUnits } from '../../domain/vocabulary.ts';
import { byIds, inOneBatch } from '../../store/by-ids.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { Session, Store } from '../../store/store.ts';
import { byAcceptance } from './by-acceptance.ts';
import { findFitting, siftVariants, type Wait, type WaitPlace } from './find-fitting.ts';

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

/** The checkouts that wait for the free units of a batch's variants. */
export interface WaitingCheckouts {
  readonly checkouts: readonly CheckoutRecord[];
  /** Variants with free units for which all waits have been read. */
  readonly readWhole: ReadonlySet<string>;
  /** Variants for which more checkouts may wait, with the last wait that was read, if one was. */
  readonly readUpTo: ReadonlyMap<string, WaitPlace | undefined>;
}

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
 * others may take units of further variants, so the checkouts that wait for these are read too.
 * @param variantIds the variants of the levels, in the order of the checkouts that want them: if
 *   not all can be read, the first checkouts of the batch can then be decided
 */
export async function readWaiting(
  store: Store,
  session: Session,
  levels: readonly StockLevel[],
  variantIds: readonly string[],
): Promise<WaitingCheckouts> {
  const awaitedIds = listAwaited(levels, variantIds);
  if (awaitedIds.length === 0) return NONE_WAITING;
  const free = new Map(levels.map((level) => [level.variantId, availableUnits(level)]));
  const joined = new Map<string, Wait>();
  const terms = { variantIds: awaitedIds, free, unsiftedMax: AWAITED_MAX };
  const { unfit, toRead } = await siftVariants(store, session, terms);
  const readIds = new Set(unfit);
  const readWhole = new Set(unfit);
  const readUpTo = new Map<string, WaitPlace | undefined>(
    awaitedIds.filter((id) => !readIds.has(id)).map((id) => [id, undefined]),
  );
  const read = async (variantId: string, newMax: number) => {
    const found = await findFitting(store, session, { variantId, newMax, free, joined });
    for (const wait of found.fitting) joined.set(wait._id, wait);
    readIds.add(variantId);
    readUpTo.delete(variantId);
    if (found.isWhole) readWhole.add(variantId);
    return found;
  };
  for (const variantId of toRead.slice(0, AWAITED_MAX)) {
    if (joined.size >= WAITING_MAX) break;
    const { isWhole, last } = await read(variantId, WAITING_MAX - joined.size);
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
  const { checkouts, readWhole } = await readWaiting(store, session, [level], [variantId]);
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

/** Lists the variants with free units that checkouts may wait for, in the order of `variantIds`. */
function listAwaited(levels: readonly StockLevel[], variantIds: readonly string[]): string[] {
  const awaited = levels.filter((level) => level.waits !== undefined && availableUnits(level) > 0);
  if (awaited.length === 0) return [];
  const awaitedIds = new Set(awaited.map(({ variantId }) => variantId));
  return variantIds.filter((id) => awaitedIds.has(id));
}
