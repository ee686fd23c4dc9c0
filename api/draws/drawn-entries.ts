import { byIds, inOneBatch } from '../../shared/store/by-ids.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { DrawEntryRecord } from '../../shared/store/collections/draws.ts';
import type { Store } from '../../shared/store/store.ts';
import type { Filter } from '../../shared/store/typed-collection.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';
import { cursorAfterPlace, type PageQuery, placeFromCursor } from '../http/paging.ts';
import { type DrawnEntry, INLINE_WINNERS_MAX, PASSED_OVER_MAX } from './schemas.ts';

type RankedEntry = Required<Pick<DrawEntryRecord, '_id' | 'rank'>> &
  Pick<DrawEntryRecord, 'isPlaced'>;

/** Reads drawn entries of a draw, in the order of the draw. */
function findRanked(
  { drawEntries }: Store,
  filter: Filter<DrawEntryRecord>,
  limit: number,
): Promise<RankedEntry[]> {
  return drawEntries
    .find<RankedEntry>(filter, {
      ...{ projection: { rank: 1, isPlaced: 1 }, sort: { rank: 1 }, limit },
      ...{ batchSize: limit + 1, hint: 'drawn_entries', maxTimeMS: READ_TIMEOUT_MS },
    })
    .toArray();
}

/**
 * Reads a page of the drawn entries of a draw, with the outcome of each.
 * @throws RefusedError invalid_request if the cursor is invalid or belongs to another list
 */
export async function readDrawnEntries(
  store: Store,
  drawId: string,
  { limit, cursor }: PageQuery,
): Promise<{ readonly items: DrawnEntry[]; readonly nextCursor: string | null }> {
  const list = `drawn entries of ${drawId}`;
  const [after = -1] = placeFromCursor(list, ['number'], cursor) ?? [];
  const entries = await findRanked(store, { drawId, rank: { $gt: Number(after) } }, limit + 1);
  const page = entries.slice(0, limit);
  const last = page.at(-1);
  const hasMore = entries.length > limit && last !== undefined;
  return {
    items: await toDrawnEntries(store, page),
    nextCursor: hasMore ? cursorAfterPlace(list, [last.rank]) : null,
  };
}

/** Reads the first winners and passed-over entries of a draw, and counts all of them. */
export async function summarizeDrawn(store: Store, drawId: string) {
  const winnerFilter = { drawId, rank: { $exists: true }, isPlaced: true } as const;
  const options = { hint: 'drawn_entries', maxTimeMS: READ_TIMEOUT_MS } as const;
  const [winnerCount, winners, [last]] = await Promise.all([
    store.drawEntries.countDocuments(winnerFilter, options),
    findRanked(store, winnerFilter, INLINE_WINNERS_MAX),
    store.drawEntries
      .find<{ readonly rank: number }>(winnerFilter, {
        ...{ ...options, projection: { rank: 1 }, sort: { rank: -1 }, limit: 1 },
      })
      .toArray(),
  ]);
  const beforeLastWinner = { drawId, rank: { $lt: last?.rank ?? 0 }, isPlaced: { $exists: false } };
  const passed = await findRanked(store, beforeLastWinner, PASSED_OVER_MAX);
  const passedOver = await toDrawnEntries(store, passed);
  return {
    winnerCount,
    winners: winners.map(({ _id }) => _id),
    // Ranks count from 0 without gaps, so `last.rank + 1` entries were drawn up to the last winner.
    passedOverCount: last === undefined ? 0 : Math.max(0, last.rank + 1 - winnerCount),
    passedOver: passedOver.map(({ id, outcome: code }) => ({ id, code })),
  };
}

type Outcome = Pick<CheckoutRecord, '_id' | 'status' | 'rejection'>;

async function toDrawnEntries(
  { checkouts }: Store,
  entries: readonly RankedEntry[],
): Promise<DrawnEntry[]> {
  const ids = entries.filter(({ isPlaced }) => isPlaced !== true).map(({ _id }) => _id);
  const notPlaced = await checkouts
    .find<Outcome>(byIds(ids), {
      ...{ ...inOneBatch(ids), projection: { status: 1, 'rejection.code': 1 } },
      maxTimeMS: READ_TIMEOUT_MS,
    })
    .toArray();
  const outcomes = new Map(
    notPlaced.map(({ _id, rejection, status }) => [_id, rejection?.code ?? status]),
  );
  return entries.map(({ _id: id, isPlaced }) => ({
    id,
    outcome: isPlaced === true ? 'placed' : (outcomes.get(id) ?? 'failed'),
  }));
}
