import { RefusedError } from '../../shared/domain/errors.ts';
import { countEntries } from '../../shared/ledger/draws/gates.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import type { Store } from '../../shared/store/store.ts';
import { drawsOwnedBy } from '../access/visibility.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import {
  cursorAfterPlace,
  idFromCursor,
  type PageQuery,
  pageFrom,
  type TimedPlace,
  timedPlaceFromCursor,
} from '../http/paging.ts';
import type { Principal } from '../http/principal.ts';
import { summarizeDrawn } from './drawn-entries.ts';
import { INLINE_ENTRIES_MAX, type ShownDraw } from './schemas.ts';

/**
 * Finds a draw by its id.
 * @param owned if given, only a draw of this shop is found
 * @throws RefusedError not_found
 */
export async function findDraw(
  { draws }: Store,
  drawId: string,
  owned: { readonly shopId?: string } = {},
): Promise<DrawRecord> {
  const draw = await draws.findOne({ _id: drawId, ...owned }, { maxTimeMS: READ_TIMEOUT_MS });
  if (draw !== null) return draw;
  throw new RefusedError('not_found', 'There is no such draw.');
}

/**
 * Finds a draw that has closed, so that its seed and its entries are public.
 * @throws RefusedError not_found or draw_not_closed
 */
export async function findClosedDraw(store: Store, drawId: string): Promise<DrawRecord> {
  const draw = await findDraw(store, drawId);
  if (draw.seed !== undefined) return draw;
  const extra = { drawId, closesAt: draw.closesAt.toISOString() };
  throw new RefusedError(
    'draw_not_closed',
    'The entries of the draw become public when it closes.',
    [],
    extra,
  );
}

/**
 * Reads a page of the entries of a closed draw.
 * @throws RefusedError not_found, draw_not_closed, or invalid_request if the cursor is invalid or
 * belongs to another list
 */
export async function readEntries(
  store: Store,
  drawId: string,
  { limit, cursor }: PageQuery,
): Promise<{ readonly items: string[]; readonly nextCursor: string | null }> {
  await findClosedDraw(store, drawId);
  const list = `entries of ${drawId}`;
  const after = idFromCursor(list, cursor);
  const ids = await listEntries(store, drawId, { limit: limit + 1, after });
  const items = ids.slice(0, limit);
  const lastId = items.at(-1);
  const hasMore = ids.length > limit && lastId !== undefined;
  return { items, nextCursor: hasMore ? cursorAfterPlace(list, [lastId]) : null };
}

/** Reads up to `limit` ids of entries that follow the id `after`, in ascending order. */
async function listEntries(
  { drawEntries }: Store,
  drawId: string,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
): Promise<string[]> {
  const entries = await drawEntries
    .find<{ readonly _id: string }>(
      { drawId, ...(after !== undefined && { _id: { $gt: after } }) },
      {
        ...{ projection: { _id: 1 }, sort: { _id: 1 }, limit, hint: 'entries_of_draw' },
        ...{ batchSize: limit + 1, maxTimeMS: READ_TIMEOUT_MS },
      },
    )
    .toArray();
  return entries.map(({ _id }) => _id);
}

/** Lists the draws of the caller's shop, newest first, without their entries and winners. */
export async function listDraws(
  store: Store,
  principal: Principal,
  { limit, cursor }: PageQuery,
  now: Date,
): Promise<{ readonly items: ShownDraw[]; readonly nextCursor: string | null }> {
  const after = timedPlaceFromCursor('draws', cursor);
  const found = await store.draws
    .find(
      { ...drawsOwnedBy(principal), ...(after && createdBefore(after)) },
      { sort: { createdAt: -1, _id: -1 }, limit: limit + 1, maxTimeMS: READ_TIMEOUT_MS },
    )
    .toArray();
  const page = pageFrom(
    'draws',
    found,
    limit,
    (draw) => draw,
    ({ createdAt, _id }) => [createdAt.getTime(), _id],
  );
  const items = await Promise.all(
    page.items.map(async (draw) => {
      const entryCount = draw.entryCount ?? (await countEntries(store, draw._id));
      return presentTerms(draw, entryCount, now);
    }),
  );
  return { ...page, items };
}

/** Returns a filter for the draws after this place in a list, the newest first. */
function createdBefore({ time, id }: TimedPlace) {
  // The first condition is a range of the index.
  return { createdAt: { $lte: time }, $or: [{ createdAt: { $lt: time } }, { _id: { $lt: id } }] };
}

function presentTerms(draw: DrawRecord, entryCount: number, now: Date): ShownDraw {
  const { _id: id, shopId, productId, variantId, quantity, perBuyer, seedHash, seed } = draw;
  const { opensAt, closesAt, createdAt, closedAt, settledAt, cancelledAt } = draw;
  const status = draw.status === 'scheduled' && now >= opensAt ? 'open' : draw.status;
  return {
    ...{ id, shopId, productId, variantId, quantity, perBuyer },
    ...{ opensAt: opensAt.toISOString(), closesAt: closesAt.toISOString() },
    ...{ status, entryCount, seedHash },
    ...(seed !== undefined && { seed }),
    createdAt: createdAt.toISOString(),
    ...(closedAt && { closedAt: closedAt.toISOString() }),
    ...(settledAt && { settledAt: settledAt.toISOString() }),
    ...(cancelledAt && { cancelledAt: cancelledAt.toISOString() }),
  };
}

/** Presents a draw. If it has closed, adds the data from which anyone can check it. */
export async function presentDraw(store: Store, draw: DrawRecord, now: Date): Promise<ShownDraw> {
  const entryCount = draw.entryCount ?? (await countEntries(store, draw._id));
  const shown = presentTerms(draw, entryCount, now);
  if (draw.seed === undefined) return shown;
  const isShort = entryCount <= INLINE_ENTRIES_MAX;
  const [entries, drawn] = await Promise.all([
    isShort ? listEntries(store, draw._id, { limit: INLINE_ENTRIES_MAX }) : undefined,
    summarizeDrawn(store, draw._id),
  ]);
  return { ...shown, ...(entries && { entries }), ...drawn };
}
