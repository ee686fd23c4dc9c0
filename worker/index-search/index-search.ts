import { randomUUID } from 'node:crypto';
import { pause } from '../../shared/runtime/deadline.ts';
import { lowestIdAt } from '../../shared/runtime/ids.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { indexSubjects } from '../../shared/search/index-subjects.ts';
import type { SearchRequestRecord } from '../../shared/store/collections/search.ts';
import { claimLease, releaseLease, renewLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';

const INDEX_EVERY_MS = 250;
/** If the worker that indexes dies, another worker continues after this time. */
const LEASE_MS = 5_000;
/** The most requests of one page. */
const PAGE_MAX = 10;
/** The most pages of one round. */
const PAGES_MAX = 100;
/** The most subjects that are read and written together. */
const CHUNK_MAX = 250;
/**
 * If at least `SALE_CHECKOUTS` checkouts arrived within the last `SALE_MS`, a sale is running, even
 * if the API has rejected all of them.
 */
const SALE_CHECKOUTS = 100;
const SALE_MS = 500;
/** During a sale the indexer does not begin before the index is this late: the sale goes first. */
const DEFERRED_MS_MAX = 10_000;
/**
 * After a chunk the indexer rests for this many times the duration of the chunk: longer during a
 * sale (`sale`) than otherwise (`idle`). If the index is more than `LAG_MS_MAX` behind during a
 * sale, the indexer rests for less (`late`), so that a long sale does not keep the index behind for
 * ever. A rest takes `REST_MS_MAX` at most.
 */
const REST_FACTORS = { idle: 1, late: 3, sale: 15 };
const LAG_MS_MAX = 60_000;
const REST_MS_MAX = 2_000;

interface IndexingOptions {
  readonly store: Store;
  readonly onError: (error: unknown) => void;
}

/** Keeps the search index up to date, in one worker at a time. */
export function startIndexing({ store, onError }: IndexingOptions): Periodic {
  return startPeriodic({
    everyMs: INDEX_EVERY_MS,
    onError,
    run: (signal) => indexRequested(store, signal),
  });
}

/**
 * Indexes the requested subjects, oldest first, and deletes the requests. A request that is cut
 * short stays and is repeated, which changes nothing. A lease lets one worker at a time do this.
 * The lease only saves work, because an older state never replaces a newer one.
 * @returns the number of entries written
 */
export async function indexRequested(store: Store, signal?: AbortSignal): Promise<number> {
  const first = await store.searchRequests.findOne({}, { projection: { at: 1 }, sort: { _id: 1 } });
  if (first === null) return 0;
  if (toLagMs(first) < DEFERRED_MS_MAX && (await isSaleRunning(store))) return 0;
  const leases = workLeases(store);
  const claim = { id: 'search-index', owner: randomUUID(), leaseMs: LEASE_MS };
  if (!(await claimLease(leases, claim))) return 0;
  const holdsLease = async () => signal?.aborted !== true && (await renewLease(leases, claim));
  let written = 0;
  try {
    for (let page = 0; page < PAGES_MAX && (await holdsLease()); page += 1) {
      const result = await indexPage(store, holdsLease, signal);
      written += result.written;
      if (!result.hasMore) break;
    }
  } finally {
    await releaseLease(leases, claim.id, claim.owner);
  }
  return written;
}

async function indexPage(
  store: Store,
  holdsLease: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<{ readonly written: number; readonly hasMore: boolean }> {
  const requests = await store.searchRequests
    .find({}, { sort: { _id: 1 }, limit: PAGE_MAX })
    .toArray();
  const [oldest] = requests;
  const newest = requests.at(-1);
  if (oldest === undefined || newest === undefined) return { written: 0, hasMore: false };
  const ids = [...new Set(requests.flatMap(({ subjectIds }) => subjectIds))];
  let written = 0;
  for (let from = 0; from < ids.length; from += CHUNK_MAX) {
    const startedAt = performance.now();
    written += await indexSubjects(store, ids.slice(from, from + CHUNK_MAX), newest._id);
    const tookMs = performance.now() - startedAt;
    const isSale = await isSaleRunning(store);
    await pause(toRestMs({ tookMs, lagMs: toLagMs(oldest), isSale }), signal);
    if (!(await holdsLease())) return { written, hasMore: false };
  }
  await store.searchRequests.deleteMany(
    { _id: { $in: requests.map(({ _id }) => _id) } },
    { writeConcern: { w: 1, j: false } },
  );
  return { written, hasMore: requests.length === PAGE_MAX };
}

function toLagMs({ at }: Pick<SearchRequestRecord, 'at'>): number {
  return Date.now() - at.getTime();
}

/** Returns whether checkouts wait to be settled, or many have just arrived. */
async function isSaleRunning({ checkouts }: Store): Promise<boolean> {
  const options = { projection: { _id: 1 }, hint: 'queued_in_order' };
  if ((await checkouts.findOne({ status: 'queued' }, options)) !== null) return true;
  // An early rejection and an entry of a draw are never queued.
  const latest = { _id: { $gte: lowestIdAt('chk', new Date(Date.now() - SALE_MS)) } };
  const count = await checkouts.countDocuments(latest, { hint: '_id_', limit: SALE_CHECKOUTS });
  return count === SALE_CHECKOUTS;
}

interface Chunk {
  /** The time that indexing the chunk took. */
  readonly tookMs: number;
  /** How far the index is behind. */
  readonly lagMs: number;
  readonly isSale: boolean;
}

/** Returns how many ms the indexer rests after a chunk. */
export function toRestMs({ tookMs, lagMs, isSale }: Chunk): number {
  const { idle, late, sale } = REST_FACTORS;
  if (isSale && lagMs < DEFERRED_MS_MAX) return REST_MS_MAX;
  const inSale = lagMs > LAG_MS_MAX ? late : sale;
  return Math.min(tookMs * (isSale ? inSale : idle), REST_MS_MAX);
}
