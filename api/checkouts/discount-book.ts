import { codeKeyOf, type DiscountTerms } from '../../shared/domain/discounts/terms.ts';
import { GroupCommit } from '../../shared/runtime/group-commit.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import type { Store } from '../../shared/store/store.ts';
import { READ_TIMEOUT_MS } from '../http/bounds.ts';

/** Codes to look up in each of these shops. */
export interface CodeQuestion {
  readonly shopIds: readonly string[];
  readonly codes: readonly string[];
}

const QUESTIONS_MAX = 500;
const PAIRS_MAX = 20_000;
const WAITING_MAX = 20_000;
/** Cancelled ones are read only to say so; beyond this many such a code counts as unknown. */
const CANCELLED_MAX = 1_000;

/**
 * The terms of discount codes now, read together for all requests that ask at the same time.
 * Nothing is remembered: what a shop changes counts for whatever is accepted from then on.
 */
export class DiscountBook {
  readonly #store: Store;
  readonly #lookups: GroupCommit<CodeQuestion, readonly DiscountTerms[]>;

  constructor(store: Store) {
    this.#store = store;
    this.#lookups = new GroupCommit({
      name: 'discounts',
      itemsMax: QUESTIONS_MAX,
      weigh: ({ shopIds, codes }) => shopIds.length * codes.length,
      weightMax: PAIRS_MAX,
      queueMax: WAITING_MAX,
      commit: async (questions) => {
        const answers = await this.#read(questions);
        return answers.map((value) => ({ value }));
      },
    });
  }

  /** The terms that these shops have for these codes: one for each of both at most. */
  termsOf(question: CodeQuestion): Promise<readonly DiscountTerms[]> {
    return this.#lookups.submit(question);
  }

  async #read(questions: readonly CodeQuestion[]): Promise<(readonly DiscountTerms[])[]> {
    const keyed = questions.map(({ shopIds, codes }) => ({ shopIds, keys: codes.map(codeKeyOf) }));
    const active = byPair(await this.#find(keyed, true));
    const lacking = keyed.map(({ shopIds, keys }) => ({
      shopIds,
      keys: keys.filter((key) => !shopIds.some((shopId) => active.has(pairOf(shopId, key)))),
    }));
    const isLacking = lacking.some(({ keys }) => keys.length > 0);
    const cancelled = byPair(isLacking ? await this.#find(lacking, false) : []);
    return keyed.map(({ shopIds, keys }, index) => {
      const gone = lacking[index]?.keys ?? [];
      return shopIds.flatMap((shopId) => [
        ...keys.flatMap((key) => active.get(pairOf(shopId, key)) ?? []),
        ...gone.flatMap((key) => cancelled.get(pairOf(shopId, key)) ?? []),
      ]);
    });
  }

  #find(
    questions: readonly { readonly shopIds: readonly string[]; readonly keys: readonly string[] }[],
    isActive: boolean,
  ): Promise<DiscountRecord[]> {
    const asked = questions.filter(({ keys }) => keys.length > 0);
    const shopId = { $in: [...new Set(asked.flatMap(({ shopIds }) => shopIds))] };
    const codeKey = { $in: [...new Set(asked.flatMap(({ keys }) => keys))] };
    const found = this.#store.discounts.collection.find<DiscountRecord>(
      { shopId, codeKey, isActive },
      { maxTimeMS: READ_TIMEOUT_MS, ...(!isActive && { limit: CANCELLED_MAX }) },
    );
    return found.toArray();
  }
}

function byPair(records: readonly DiscountRecord[]): Map<string, DiscountTerms> {
  return new Map(
    records.map((record) => [pairOf(record.shopId, record.codeKey), termsOfRecord(record)]),
  );
}

/** An id has no space in it. */
function pairOf(shopId: string, codeKey: string): string {
  return `${shopId} ${codeKey}`;
}

/** What a discount gives, apart from how often. */
export function termsOfRecord({ _id, isActive, ...record }: DiscountRecord): DiscountTerms {
  const { shopId, code, kind, value, startsAt, endsAt, isCombinable } = record;
  const { currency, minimumSubtotal, maximumDiscount, productIds } = record;
  return {
    ...{ id: _id, shopId, code, kind, value, startsAt, endsAt, isCombinable },
    ...(currency !== undefined && { currency }),
    ...(minimumSubtotal !== undefined && { minimumSubtotal }),
    ...(maximumDiscount !== undefined && { maximumDiscount }),
    ...(productIds !== undefined && { productIds }),
    ...(!isActive && { isCancelled: true }),
  };
}
