import { setImmediate } from 'node:timers/promises';
import { CheckoutTally } from '../../domain/judging/checkout-tally.ts';
import { findDiscountDifferences } from '../../domain/judging/discount-account.ts';
import { judgeVariant } from '../../domain/judging/judge-variant.ts';
import { type JudgedWindow, toVerdict, type Verdict } from '../../domain/judging/verdict.ts';
import type { Store } from '../../store/store.ts';
import { discountAccounts } from './discount-index.ts';
import { countFittingWaits } from './fitting-waits.ts';
import { findFalseLapseRefusals } from './lapse-refusals.ts';
import { purchaseDifferences } from './limited-purchases.ts';
import { RANGE_SIZES, type RangeSizes } from './ranges.ts';
import { matchCheckouts, type SuspectOrder } from './read-checkouts.ts';
import { variantRecords } from './read-variants.ts';

interface VerdictOptions extends JudgedWindow {
  /**
   * Whether the queue has had time to drain (`waitUntilDrained`). If so, checkouts that are still
   * queued count as lost, and waiting checkouts that fit as undersold; otherwise queued checkouts
   * are pending.
   */
  readonly drained: boolean;
}

/** After this many changes have been judged, other work of the process may run. */
const CHANGES_AT_A_TIME = 5_000;

/**
 * Judges the record while the system works. It reads ranges of checkouts, of variants and of
 * discounts, each at its own snapshot, so that memory and snapshots stay bounded. The window
 * selects the checkouts; the history of stock by which they are judged is always complete.
 */
export async function takeVerdict(
  store: Store,
  { from, to, drained }: VerdictOptions,
  sizes: RangeSizes = RANGE_SIZES,
): Promise<Verdict> {
  const window = { from, to };
  const at = new Date();
  const tally = new CheckoutTally();
  const suspects: SuspectOrder[] = [];
  let unitsPlaced = 0;
  let falseRefusals = 0;
  for await (const matched of matchCheckouts(store, window, sizes)) {
    tally.merge(matched.tally);
    unitsPlaced += matched.unitsPlaced;
    for (const suspect of matched.suspects) suspects.push(suspect);
    falseRefusals += (await findFalseLapseRefusals(store, matched.lapseRefusals)).length;
  }
  const { variants, drifting } = await judgeVariants(store, window, sizes);
  variants.undersold += falseRefusals;
  // Before the queue has drained, some free units may be about to go to waiting checkouts.
  if (drained) variants.undersold += await countFittingWaits(store, window, at);
  for await (const account of discountAccounts(store, sizes)) {
    if (findDiscountDifferences(account).length > 0) drifting.add(account.discountId);
  }
  for await (const differences of purchaseDifferences(store)) {
    for (const { itemId } of differences) drifting.add(itemId);
  }
  // An order whose variant or discount drifts is counted with that subject.
  const otherOrders = suspects.filter(({ named }) => ![...named].some((id) => drifting.has(id)));
  return toVerdict({
    window,
    at,
    drained,
    checkouts: tally.counts,
    unitsPlaced,
    variants,
    drift: drifting.size + otherOrders.length,
  });
}

async function judgeVariants(store: Store, window: JudgedWindow, sizes: RangeSizes) {
  const variants = { oversold: 0, undersold: 0, inversions: 0 };
  const drifting = new Set<string>();
  let judged = 0;
  for await (const record of variantRecords(store, window, sizes)) {
    const findings = judgeVariant(record);
    variants.oversold += findings.oversold;
    variants.undersold += findings.undersold;
    variants.inversions += findings.inversions;
    if (findings.differences.length > 0) drifting.add(record.variantId);
    judged += 1 + record.changes.length;
    if (judged < CHANGES_AT_A_TIME) continue;
    judged = 0;
    await setImmediate();
  }
  return { variants, drifting };
}
