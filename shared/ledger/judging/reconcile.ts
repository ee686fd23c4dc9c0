import { setImmediate } from 'node:timers/promises';
import { differencesOf, type StockDifference } from '../../domain/judging/differences.ts';
import { replay } from '../../domain/judging/history.ts';
import { planRepair, type Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { LedgerContext } from '../ledger.ts';
import { readMisplacedCarriers } from './carriers.ts';
import { readRecord } from './read-record.ts';
import { type RepairedVariant, repairVariant } from './repair-variant.ts';

/** What reconciling found and did. */
export interface Reconciliation {
  /** What was found at first. */
  readonly differences: readonly StockDifference[];
  readonly repaired: readonly RepairedVariant[];
  /** Variants that could not be repaired, and why, as of the last try. */
  readonly unrepairable: readonly Unrepairable[];
  /** What is left; without `fix` all that was found. */
  readonly left: readonly StockDifference[];
}

/** Rounds of finding and repairing, for variants that change while they are being repaired. */
const ROUNDS_MAX = 3;

/**
 * Recomputes every stock level from orders and movements, at one snapshot and while work goes on,
 * and names each difference. With `fix` the differences are repaired variant by variant, and what
 * is then left is looked for anew.
 */
export async function reconcile(
  context: LedgerContext,
  { fix }: { readonly fix: boolean },
): Promise<Reconciliation> {
  let suspects = await findSuspects(context);
  const differences = suspects.flatMap(allDifferencesOf);
  const repaired: RepairedVariant[] = [];
  let unrepairable: Unrepairable[] = [];
  for (let round = 1; fix && round <= ROUNDS_MAX && suspects.length > 0; round += 1) {
    unrepairable = [];
    const before = repaired.length;
    for (const suspect of suspects) {
      const result = await repair(context, suspect);
      if ('reason' in result) unrepairable.push(result);
      else repaired.push(result);
    }
    suspects = await findSuspects(context);
    if (repaired.length === before) break;
  }
  const stillSuspect = new Set(suspects.map((record) => record.variantId));
  return {
    differences,
    repaired,
    unrepairable: unrepairable.filter(({ variantId }) => stillSuspect.has(variantId)),
    left: suspects.flatMap(allDifferencesOf),
  };
}

/** The variants whose records contradict themselves, with all that is on record about them. */
async function findSuspects({ store }: LedgerContext): Promise<VariantRecord[]> {
  const { book } = await atSnapshot(store, (session) => readRecord(store, session, {}));
  const suspects: VariantRecord[] = [];
  for (const record of book.variants()) {
    if (allDifferencesOf(record).length > 0) suspects.push(record);
    if (record.changes.length > 0) await setImmediate();
  }
  return suspects;
}

function allDifferencesOf(record: VariantRecord): StockDifference[] {
  return differencesOf(record, replay(record.changes, record.stored?.version));
}

async function repair(
  context: LedgerContext,
  record: VariantRecord,
): Promise<RepairedVariant | Unrepairable> {
  const timeline = replay(record.changes, record.stored?.version);
  const carriers = await readMisplacedCarriers(context.store, record.variantId, timeline);
  const plan = planRepair(record, timeline, carriers);
  return 'reason' in plan ? plan : repairVariant(context, plan);
}
