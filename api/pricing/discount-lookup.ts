import {
  type CancelledCode,
  type DiscountTerms,
  type FoundCodes,
  toCodeKey,
} from '../../shared/domain/discounts/terms.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Codes to look up in each of these shops. */
export interface CodeQuery {
  readonly shopIds: readonly string[];
  readonly codes: readonly string[];
}

/** The same, with every shop once and every code by its key. */
interface KeyQuery {
  readonly shopIds: readonly string[];
  readonly keys: readonly string[];
}

const QUERIES_MAX = 500;
const PAIRS_MAX = 20_000;
const WAITING_MAX = 20_000;

/**
 * What there is for discount codes now, read together for all requests that ask at the same time.
 * Nothing is remembered: what a shop changes counts for whatever is accepted from then on.
 *
 * A shop has one discount at most for a code, but may have cancelled any number of them. So of
 * these no document is read, only an index; and in groups of their own, for which nobody waits
 * who gives a code that is there.
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

  /** What these shops have for these codes. A cancelled code is reported only if none of the shops has an active discount for it. */
  async lookUp({ shopIds, codes }: CodeQuery): Promise<FoundCodes> {
    const query = { shopIds: [...new Set(shopIds)], keys: [...new Set(codes.map(toCodeKey))] };
    const terms = await this.#terms.submit(query);
    const found = new Set(terms.map(({ code }) => toCodeKey(code)));
    const keys = query.keys.filter((key) => !found.has(key));
    if (keys.length === 0) return { terms, cancelled: [] };
    return { terms, cancelled: await this.#cancelled.submit({ ...query, keys }) };
  }

  async #readActive(queries: readonly KeyQuery[]): Promise<Map<string, DiscountTerms>> {
    const records = await this.#store.discounts
      .find<DiscountRecord>(
        { ...toFilter(queries), isActive: true },
        // The other index by code has the cancelled ones in it, too.
        { hint: 'one_active_discount_per_code', maxTimeMS: READ_TIMEOUT_MS },
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

/** Looks up for a group at once, and gives each the part it asked for. */
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
      const found = await read(queries);
      return queries.map(({ shopIds, keys }) => ({
        value: shopIds.flatMap((shopId) =>
          keys.flatMap((codeKey) => found.get(toPairKey({ shopId, codeKey })) ?? []),
        ),
      }));
    },
  });
}

/** Everything that the group asks for, which is no more than each code in each shop. */
function toFilter(queries: readonly KeyQuery[]) {
  return {
    shopId: { $in: [...new Set(queries.flatMap(({ shopIds }) => shopIds))] },
    codeKey: { $in: [...new Set(queries.flatMap(({ keys }) => keys))] },
  };
}

/** An id has no space in it. */
function toPairKey({ shopId, codeKey }: CancelledCode): string {
  return `${shopId} ${codeKey}`;
}

/** What a discount gives, apart from how often. */
function toTerms({ _id, ...record }: DiscountRecord): DiscountTerms {
  const { shopId, code, kind, value, startsAt, endsAt, isCombinable } = record;
  const { currency, minimumSubtotal, maximumDiscount, productIds } = record;
  return {
    ...{ id: _id, shopId, code, kind, value, startsAt, endsAt, isCombinable },
    ...(currency !== undefined && { currency }),
    ...(minimumSubtotal !== undefined && { minimumSubtotal }),
    ...(maximumDiscount !== undefined && { maximumDiscount }),
    ...(productIds !== undefined && { productIds }),
  };
}
