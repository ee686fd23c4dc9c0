import type { ClusterTime } from '../../../store/change-feed.ts';
import type { Store } from '../../../store/store.ts';
import { findFalseLapseRefusals } from '../lapse-refusals.ts';
import { RANGE_SIZES, versionRanges } from '../ranges.ts';
import { matchCheckouts } from '../read-checkouts.ts';
import { addLapseFaults, type Faults, judgeAllPurchases, listKinds } from './judge-checkouts.ts';
import { judgeDiscounts, judgeVariants } from './judge-whole.ts';
import { deleteOtherFaults, type JudgingStore, saveAccounts, saveFaults } from './judging-store.ts';

/**
 * Judges the whole record and stores an account of every variant and discount. It reads ranges of
 * the record, each at its own snapshot. The change stream is then followed from a point before the
 * first range. An account contains the time of its snapshot, so that changes before that time are
 * skipped.
 * @param assertMayJudge throws if another process may judge now; called before anything is stored
 */
export async function buildJudgement(
  store: Store,
  judging: JudgingStore,
  foundAt: Date,
  assertMayJudge: () => void,
): Promise<void> {
  const faults: Faults = new Map();
  const addFaults = (rangeFaults: Faults) => {
    for (const [id, kinds] of rangeFaults) faults.set(id, kinds);
  };
  let firstAsOf: ClusterTime | undefined;
  for (const range of await versionRanges(store.stock, RANGE_SIZES.changes)) {
    const judged = await judgeVariants(store, range);
    assertMayJudge();
    firstAsOf ??= judged.asOf;
    await saveAccounts(judging.variants, judged.accounts);
    addFaults(judged.faults);
  }
  for (const range of await versionRanges(store.discounts, RANGE_SIZES.uses)) {
    const judged = await judgeDiscounts(store, range);
    assertMayJudge();
    await saveAccounts(judging.discounts, judged.accounts);
    addFaults(judged.faults);
  }
  for await (const { suspects, tally, lapseRefusals } of matchCheckouts(store, {}, RANGE_SIZES)) {
    assertMayJudge();
    for (const suspect of suspects) faults.set(suspect.orderId, listKinds(suspect));
    addFaults(tally.faults);
    addLapseFaults(faults, await findFalseLapseRefusals(store, lapseRefusals));
  }
  assertMayJudge();
  addFaults(await judgeAllPurchases(store));
  assertMayJudge();
  await saveFaults(judging, faults, foundAt);
  await deleteOtherFaults(judging, faults);
  if (firstAsOf === undefined) return;
  // Older accounts belong to variants and discounts that are no longer in the record.
  await judging.variants.deleteMany({ asOf: { $lt: firstAsOf } });
  await judging.discounts.deleteMany({ asOf: { $lt: firstAsOf } });
}
