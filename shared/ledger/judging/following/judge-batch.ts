import { USING_STATUSES } from '../../../domain/discounts/uses.ts';
import { judgedLimitPerBuyer, type StoredUses } from '../../../domain/judging/discount-account.ts';
import {
  provesRefusal,
  shortened,
  type VariantAccount,
} from '../../../domain/judging/variant-account.ts';
import { byIds } from '../../../store/by-ids.ts';
import type { ClusterTime } from '../../../store/change-feed.ts';
import type { Store } from '../../../store/store.ts';
import type { DiscountFact, EventsBySubject } from './events-by-subject.ts';
import { foldDiscount, foldVariant } from './fold.ts';
import { judgeCheckouts, judgePurchases } from './judge-checkouts.ts';
import {
  type JudgingStore,
  type Stored,
  saveAccounts,
  saveFaults,
  type UseAccount,
} from './judging-store.ts';

/** The changes to judge, by subject. */
interface JudgedBatch {
  readonly subjects: EventsBySubject;
  /** When the last of the changes was committed. */
  readonly asOf: ClusterTime;
  readonly foundAt: Date;
}

/** Variants and discounts whose whole record must be read. */
interface Doubts {
  readonly variants: ReadonlySet<string>;
  readonly discounts: ReadonlySet<string>;
}

/**
 * Judges the checkouts of a batch and updates the accounts of its variants and discounts. Stores
 * the accounts and the faults.
 * @param assertMayJudge throws if another process may judge now; called before anything is stored
 */
export async function judgeBatch(
  store: Store,
  judging: JudgingStore,
  { subjects, asOf, foundAt }: JudgedBatch,
  assertMayJudge: () => void,
): Promise<Doubts> {
  const doubted = new Set<string>();
  await addDraws(store, subjects);
  const { faults, refusals, variantIds } = await judgeCheckouts(store, subjects);
  const accountIds = new Set([...subjects.variants.keys(), ...variantIds]);
  const variants = await loadAccounts<VariantAccount>(judging.variants, accountIds);
  const changed: Stored<VariantAccount>[] = [];
  for (const [id, facts] of subjects.variants) {
    const before = variants.get(id);
    const account = foldVariant(before, facts);
    if (account === undefined) doubted.add(id);
    else if (account !== before) {
      const stored = { ...account, _id: id, asOf };
      changed.push(stored);
      variants.set(id, stored);
    }
  }
  // A changed checkout may resolve a fault of its variant.
  for (const id of variantIds) if (variants.get(id)?.isFaulty) doubted.add(id);
  for (const refusal of refusals) {
    const account = variants.get(refusal.variantId);
    if (account === undefined || !provesRefusal(account, refusal)) doubted.add(refusal.variantId);
  }
  // The refusals of this batch are judged, so versions beyond the recent ones are no longer needed.
  const shortenedAccounts = changed.map((account) => ({ ...account, ...shortened(account) }));
  const uses = await judgeUses(store, judging, subjects, asOf);
  const purchaseFaults = await judgePurchases(store, subjects);
  assertMayJudge();
  await saveAccounts(judging.variants, shortenedAccounts);
  await saveAccounts(judging.discounts, uses.changed);
  await saveFaults(judging, faults, foundAt);
  await saveFaults(judging, purchaseFaults, foundAt);
  return { variants: doubted, discounts: uses.doubted };
}

/** Finds the variants of the draws whose held units have changed, and adds these facts to them. */
async function addDraws({ draws }: Store, subjects: EventsBySubject): Promise<void> {
  const ids = [...new Set(subjects.drawFacts.map(({ draw }) => draw.drawId))];
  if (ids.length === 0) return;
  const options = { projection: { variantId: 1 } };
  subjects.addDraws(await draws.find(byIds(ids), options).toArray());
}

/** Updates the accounts of discounts, and finds the discounts whose whole record must be read. */
async function judgeUses(
  store: Store,
  judging: JudgingStore,
  { discounts: factsById }: EventsBySubject,
  asOf: ClusterTime,
): Promise<{ doubted: Set<string>; changed: Stored<UseAccount>[] }> {
  const doubted = new Set<string>();
  const changed: Stored<UseAccount>[] = [];
  if (factsById.size === 0) return { doubted, changed };
  const accounts = await loadAccounts<UseAccount>(judging.discounts, new Set(factsById.keys()));
  for (const [id, facts] of factsById) {
    const before = accounts.get(id);
    const uses = await countUses(store, id, before, facts);
    const account = foldDiscount(id, before, facts, uses);
    if (account === undefined) doubted.add(id);
    else if (account !== before) changed.push({ ...account, _id: id, asOf });
  }
  return { doubted, changed };
}

/** Counts the uses of the buyers in these facts, if the discount has a limit per buyer. */
async function countUses(
  store: Store,
  discountId: string,
  before: UseAccount | undefined,
  facts: readonly DiscountFact[],
): Promise<Map<string, number>> {
  const uses = Object.assign({ ...before?.stored }, ...facts.flatMap(({ stored }) => stored ?? []));
  const buyerKeys = [...new Set(facts.flatMap(({ buyerKey }) => buyerKey ?? []))];
  if (judgedLimitPerBuyer(uses as StoredUses) === undefined || buyerKeys.length === 0) {
    return new Map();
  }
  const rows = await store.orders
    .aggregate<{ readonly _id: string; readonly uses: number }>([
      {
        $match: {
          'discounts.discountId': discountId,
          buyerKey: { $in: buyerKeys },
          status: { $in: [...USING_STATUSES] },
        },
      },
      { $group: { _id: '$buyerKey', uses: { $sum: 1 } } },
    ])
    .toArray();
  return new Map(rows.map((row) => [row._id, row.uses]));
}

async function loadAccounts<Account extends object>(
  accounts: { find(filter: object): { toArray(): Promise<Stored<Account>[]> } },
  ids: ReadonlySet<string>,
): Promise<Map<string, Stored<Account>>> {
  const loaded = await accounts.find({ _id: { $in: [...ids] } }).toArray();
  return new Map(loaded.map((account) => [account._id, account]));
}
