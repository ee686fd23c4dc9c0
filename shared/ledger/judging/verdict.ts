import { setImmediate } from 'node:timers/promises';
import { findDiscountDifferences } from '../../domain/judging/discount-account.ts';
import { judgeVariant } from '../../domain/judging/judge-variant.ts';
import { type JudgedWindow, toVerdict, type Verdict } from '../../domain/judging/verdict.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { Store } from '../../store/store.ts';
import { readRecord } from './read-record.ts';

interface VerdictOptions extends JudgedWindow {
  /**
   * Whether the queue had time to drain (`waitUntilDrained`): checkouts that are still queued then
   * count as lost, and else as pending.
   */
  readonly drained: boolean;
}

/** Changes judged before other work of the process gets its turn. */
const CHANGES_AT_A_TIME = 5_000;

/**
 * Judges the record at one snapshot, while work goes on. The window selects the checkouts; the
 * history of stock by which they are judged is always whole.
 */
export async function takeVerdict(store: Store, options: VerdictOptions): Promise<Verdict> {
  const { from, to, drained } = options;
  const window = { from, to };
  const { index, checkouts, unitsPlaced, at } = await atSnapshot(store, (session) =>
    readRecord(store, session, window),
  );
  const variants = { oversold: 0, undersold: 0, inversions: 0 };
  const drifting = new Set<string>();
  let judged = 0;
  for (const record of index.variants()) {
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
  for (const account of index.discounts()) {
    if (findDiscountDifferences(account).length > 0) drifting.add(account.discountId);
  }
  // An order whose variant or discount drifts is counted with it.
  const alone = index.suspects.filter(({ named }) => ![...named].some((id) => drifting.has(id)));
  const { counts } = checkouts;
  return toVerdict({
    window,
    at,
    drained,
    checkouts: counts,
    unitsPlaced,
    variants,
    drift: drifting.size + alone.length,
  });
}
