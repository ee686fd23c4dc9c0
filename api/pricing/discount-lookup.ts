import {
  type CancelledCode,
  type DiscountTerms,
  type FoundCodes,
  toCodeKey,
} from '../../shared/domain/discounts/terms.ts';
import { pick } from '../../shared/domain/pick.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Discount codes to look up in each of these shops. */
export interface CodeQuery {
  readonly shopIds: readonly string[];
  readonly codes: readonly string[];
}

/** A `CodeQuery` without duplicates. Each code is replaced by its key (`toCodeKey`). */
interface KeyQuery {
  readonly shopIds: readonly string[];
  readonly keys: readonly string[];
}

/** The maximum number of queries that share a read, and of pairs of shop and code in a read. */
const QUERIES_MAX = 500;
const PAIRS_MAX = 20_000;
/** The maximum number of queries that wait for a read. */
const WAITING_MAX = 20_000;
const NO_METADATA = { metadata: 0 };

/**
 * Finds the current discounts for codes. Concurrent requests share a query. Nothing is cached, so a
 * change by a shop applies to every checkout that is accepted after it.
 *
 * A shop has at most one active discount per code, but may have any number of cancelled discounts.
 * The query for cancelled codes therefore reads only an index. It is grouped separately, so that
 * requests whose codes are all active do not wait for it.
 */
export class DiscountLookup {
  readonly #store: Store;
  readonly #terms: GroupCommit<KeyQuery, DiscountTerms[]>;
  readonly #cancelled: GroupCommit<KeyQuery, CancelledCode[]>;

  constructor(store: Store) {
    this.#store = store;
    this.#terms = createLookup('discounts', (queries) => this.#readActive(queries));
    this.#cancelled = createLookup('cancelled discounts', (queries) =>
      this.#readCancelled(queries),
    );
  }

  /**
   * Returns the active discounts of the shops for these codes, and the cancelled discounts of codes
   * without an active discount in any of the shops.
   * @throws QueueFullError when too many lookups are waiting
   */
  async lookUp({ shopIds, codes }: CodeQuery): Promise<FoundCodes> {
    const query = { shopIds: [...new Set(shopIds)], keys: [...new Set(codes.map(toCodeKey))] };
    const terms = await this.#terms.submit(query);
    const activeKeys = new Set(terms.map(({ code }) => toCodeKey(code)));
    const keys = query.keys.filter((key) => !activeKeys.has(key));
    if (keys.length === 0) return { terms, cancelled: [] };
    return { terms, cancelled: await this.#cancelled.submit({ ...query, keys }) };
  }

  async #readActive(queries: readonly KeyQuery[]): Promise<Map<string, DiscountTerms>> {
    const records = await this.#store.discounts
      .find<DiscountRecord>(
        { ...toFilter(queries), isActive: true },
        // The other index by code also contains cancelled discounts.
        {
          hint: 'one_active_discount_per_code',
          projection: NO_METADATA,
          maxTimeMS: READ_TIMEOUT_MS,
        },
      )
      .toArray();
    return new Map(records.map((record) => [toPairKey(record), toTerms(record)]));
  }

  async #readCancelled(queries: readonly KeyQuery[]): Promise<Map<string, CancelledCode>> {
    const rows = await this.#store.discounts
      .aggregate<{ _id: CancelledCode }>(
        [
          { $match: { ...toFilter(queries), isActive: false } },
          { $group: { _id: { shopId: '$shopId', codeKey: '$codeKey' } } },
        ],
        { hint: 'cancelled_codes', maxTimeMS: READ_TIMEOUT_MS },
      )
      .toArray();
    return new Map(rows.map(({ _id }) => [toPairKey(_id), _id]));
  }
}

/**
 * Creates a lookup that answers grouped queries by one read. Each query gets only its own results.
 */
function createLookup<Found extends object>(
  name: string,
  read: (queries: readonly KeyQuery[]) => Promise<ReadonlyMap<string, Found>>,
): GroupCommit<KeyQuery, Found[]> {
  return new GroupCommit({
    name,
    itemsMax: QUERIES_MAX,
    weigh: ({ shopIds, keys }) => shopIds.length * keys.length,
    weightMax: PAIRS_MAX,
    queueMax: WAITING_MAX,
    commit: async (queries) => {
      const resultsByPair = await read(queries);
      return queries.map(({ shopIds, keys }) => ({
        value: shopIds.flatMap((shopId) =>
          keys.flatMap((codeKey) => resultsByPair.get(toPairKey({ shopId, codeKey })) ?? []),
        ),
      }));
    },
  });
}

/** Matches every code of the group in every shop of the group. */
function toFilter(queries: readonly KeyQuery[]) {
  return {
    shopId: { $in: [...new Set(queries.flatMap(({ shopIds }) => shopIds))] },
    codeKey: { $in: [...new Set(queries.flatMap(({ keys }) => keys))] },
  };
}

/** Joins shop and code by a space, because the ids of shops contain no space. */
function toPairKey({ shopId, codeKey }: CancelledCode): string {
  return `${shopId} ${codeKey}`;
}

/** Returns the terms of a discount without its usage limits. */
function toTerms(record: DiscountRecord): DiscountTerms {
  return {
    id: record._id,
    ...pick(record, 'shopId', 'code', 'kind', 'value', 'startsAt', 'endsAt', 'isCombinable'),
    ...pick(record, 'currency', 'minimumSubtotal', 'maximumDiscount', 'productIds'),
  };
}
