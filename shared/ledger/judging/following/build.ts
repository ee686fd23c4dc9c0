import type { ClusterTime } from '../../../store/change-feed.ts';
import type { Store } from '../../../store/store.ts';
import { findFalseLapseRefusals } from '../lapse-refusals.ts';
import { discountRanges, RANGE_SIZES, type RangeSizes, variantRanges } from '../ranges.ts';
import { matchCheckouts } from '../read-checkouts.ts';
import { addLapseFaults, type Faults, judgeAllPurchases, listKinds } from './judge-checkouts.ts';
import { judgeDiscounts, judgeVariants } from './judge-whole.ts';
import { type JudgingStore, saveAccounts, saveFaults } from './judging-store.ts';

/**
 * Judges the whole record and stores an account of every variant and discount. It reads in ranges,
 * each at a snapshot of its own. The change stream is then followed from a point before the first
 * range. An account names the time of its snapshot, so changes that it already contains are
 * skipped.
 */
export async function buildJudgement(
  store: Store,
  judging: JudgingStore,
  foundAt: Date,
  keep: () => void,
  sizes: RangeSizes = RANGE_SIZES,
): Promise<void> {
  const faults: Faults = new Map();
  const add = (found: Faults) => {
    for (const [id, kinds] of found) faults.set(id, kinds);
  };
  let first: ClusterTime | undefined;
  for (const range of await variantRanges(store, sizes.changes)) {
    const judged = await judgeVariants(store, range);
    keep();
    first ??= judged.asOf;
    await saveAccounts(judging.variants, judged.accounts);
    add(judged.faults);
  }
  for (const range of await discountRanges(store, sizes.uses)) {
    const judged = await judgeDiscounts(store, range);
    keep();
    await saveAccounts(judging.discounts, judged.accounts);
    add(judged.faults);
  }
  for await (const { suspects, tally, lapseRefusals } of matchCheckouts(store, {}, sizes)) {
    keep();
    for (const suspect of suspects) faults.set(suspect.orderId, listKinds(suspect));
    add(tally.faults);
    addLapseFaults(faults, await findFalseLapseRefusals(store, lapseRefusals));
  }
  keep();
  add(await judgeAllPurchases(store));
  keep();
  await saveFaults(judging, faults, foundAt);
  await judging.faults.deleteMany({ _id: { $nin: [...faults.keys()] } });
  if (first === undefined) return;
  // Accounts of variants and discounts that are no longer in the record.
  await judging.variants.deleteMany({ asOf: { $lt: first } });
  await judging.discounts.deleteMany({ asOf: { $lt: first } });
}
