import { isCount } from '../../domain/judging/history.ts';
import type { Store } from '../../store/store.ts';

/**
 * A range of ids, from `from` (included) to `before` (excluded), or a list of ids. Without a bound,
 * the range is unlimited on that side.
 */
export interface IdRange {
  readonly from?: string | undefined;
  readonly before?: string | undefined;
  /** Only these ids; by default all ids between the bounds. */
  readonly ids?: readonly string[];
}

/** How much of the record is read at one snapshot and held in memory at a time. */
export interface RangeSizes {
  /** Checkouts that are matched with their orders. */
  readonly checkouts: number;
  /** Changes of stock. A variant with more changes is a range by itself. */
  readonly changes: number;
  /** Versions of discounts, one for each use. */
  readonly uses: number;
}

/** Each range is read in well under the five minutes for which the server keeps a snapshot. */
export const RANGE_SIZES: RangeSizes = { checkouts: 250_000, changes: 1_000_000, uses: 500_000 };

/** The number of documents whose ids and versions are read at a time. */
const PAGE_DOCUMENTS = 10_000;

/**
 * Splits ids at these bounds. The first range has no lower bound and the last no upper bound, so
 * that every id is in exactly one range, even if it is created later.
 */
function toRanges(bounds: readonly string[]): IdRange[] {
  return [undefined, ...bounds].map((from, index) => ({ from, before: bounds[index] }));
}

/**
 * Returns whether an id is in the range. A value that is not a string is in the range that has no
 * lower bound.
 */
export function isInRange({ from, before, ids }: IdRange, id: unknown): boolean {
  if (ids !== undefined) return ids.some((listed) => listed === id);
  if (typeof id !== 'string') return from === undefined;
  return (from === undefined || id >= from) && (before === undefined || id < before);
}

/**
 * Returns a filter of documents that have an id of the range in `field`, which may be inside an
 * array. Without bounds it matches all documents.
 */
export function rangeFilter(field: string, { from, before, ids }: IdRange): Record<string, object> {
  if (ids !== undefined) return { [field]: { $in: ids } };
  const bounds = {
    ...(from !== undefined && { $gte: from }),
    ...(before !== undefined && { $lt: before }),
  };
  return Object.keys(bounds).length === 0 ? {} : { [field]: bounds };
}

/**
 * Returns ranges of `checkoutsMax` checkouts each. The last range includes checkouts that are
 * created later.
 */
export async function checkoutRanges(
  { checkouts }: Store,
  checkoutsMax: number,
): Promise<IdRange[]> {
  const bounds: string[] = [];
  for (;;) {
    const last = bounds.at(-1);
    const next = await checkouts.findOne<{ readonly _id: string }>(
      last === undefined ? {} : { _id: { $gte: last } },
      { sort: { _id: 1 }, skip: checkoutsMax, projection: { _id: 1 } },
    );
    if (next === null) return toRanges(bounds);
    bounds.push(next._id);
  }
}

type VersionedDocument = { readonly _id: string; readonly version: number };

const READ_VERSIONS = {
  sort: { _id: 1 as const },
  projection: { version: 1 },
  batchSize: PAGE_DOCUMENTS,
};

/**
 * Returns ranges of variants, by their stock, or of discounts, whose documents have about
 * `versionsMax` versions each: the changes of a variant, or the uses of a discount.
 * @param ids only these variants or discounts; by default all
 */
export async function versionRanges(
  collection: { find(filter: object, options: object): AsyncIterable<VersionedDocument> },
  versionsMax: number,
  ids?: readonly string[],
): Promise<IdRange[]> {
  if (ids?.length === 0) return [];
  const bounds: string[] = [];
  let size = 0;
  const filter = ids === undefined ? {} : { _id: { $in: ids } };
  for await (const { _id, version } of collection.find(filter, READ_VERSIONS)) {
    const versions = 1 + (isCount(version) ? version : 0);
    if (size > 0 && size + versions > versionsMax) {
      bounds.push(_id);
      size = 0;
    }
    size += versions;
  }
  const ranges = toRanges(bounds);
  if (ids === undefined) return ranges;
  return ranges.map((range) => ({ ids: ids.filter((id) => isInRange(range, id)) }));
}
