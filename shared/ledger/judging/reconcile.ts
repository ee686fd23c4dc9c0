import { setImmediate } from 'node:timers/promises';
import { differencesOf, type StockDifference } from '../../domain/judging/differences.ts';
import {
  type DiscountAccount,
  type DiscountDifference,
  discountDifferencesOf,
  isRepairable,
} from '../../domain/judging/discount-account.ts';
import { replay } from '../../domain/judging/history.ts';
import { planRepair, type Unrepairable } from '../../domain/judging/repair-plan.ts';
import type { VariantRecord } from '../../domain/judging/variant-record.ts';
import { atSnapshot } from '../../store/snapshot.ts';
import type { LedgerContext } from '../ledger.ts';
import { readMisplacedCarriers } from './carriers.ts';
import { readRecord } from './read-record.ts';
import {
  type RepairedDiscount,
  repairDiscount,
  type UnrepairableDiscount,
} from './repair-discount.ts';
import { type RepairedVariant, repairVariant } from './repair-variant.ts';

/** A contradiction in the record of a variant or of a discount. */
export type RecordDifference = StockDifference | DiscountDifference;

/** What reconciling found and did. */
export interface Reconciliation {
  /** What was found at first. */
  readonly differences: readonly RecordDifference[];
  readonly repaired: readonly (RepairedVariant | RepairedDiscount)[];
  /** What could not be repaired, and why, as of the last try. */
  readonly unrepairable: readonly (Unrepairable | UnrepairableDiscount)[];
  /** What is left; without `fix` all that was found. */
  readonly left: readonly RecordDifference[];
}

/** What contradicts itself, with all that is on record about it. */
interface Suspects {
  readonly variants: readonly VariantRecord[];
  readonly discounts: readonly DiscountAccount[];
}

/** Rounds of finding and repairing, for what changes while it is being repaired. */
const ROUNDS_MAX = 3;

/**
 * Recomputes every stock level from orders and movements and every discount's uses from orders, at
 * one snapshot and while work goes on, and names each difference. With `fix` the differences are
 * repaired one thing at a time, and what is then left is looked for anew.
 */
export async function reconcile(
  context: LedgerContext,
  { fix }: { readonly fix: boolean },
): Promise<Reconciliation> {
  let suspects = await findSuspects(context);
  const differences = differencesIn(suspects);
  const repaired: (RepairedVariant | RepairedDiscount)[] = [];
  let unrepairable: (Unrepairable | UnrepairableDiscount)[] = [];
  for (let round = 1; fix && round <= ROUNDS_MAX && countOf(suspects) > 0; round += 1) {
    unrepairable = [];
    const before = repaired.length;
    for await (const result of repairs(context, suspects)) {
      if ('reason' in result) unrepairable.push(result);
      else repaired.push(result);
    }
    suspects = await findSuspects(context);
    if (repaired.length === before) break;
  }
  const left = differencesIn(suspects);
  const stillSuspect = new Set(left.map(idOf));
  return {
    differences,
    repaired,
    unrepairable: unrepairable.filter((each) => stillSuspect.has(idOf(each))),
    left,
  };
}

function idOf(about: { readonly variantId: string } | { readonly discountId: string }): string {
  return 'variantId' in about ? about.variantId : about.discountId;
}

function countOf({ variants, discounts }: Suspects): number {
  return variants.length + discounts.length;
}

function differencesIn({ variants, discounts }: Suspects): RecordDifference[] {
  return [...variants.flatMap(allDifferencesOf), ...discounts.flatMap(discountDifferencesOf)];
}

async function findSuspects({ store }: LedgerContext): Promise<Suspects> {
  const { book, uses } = await atSnapshot(store, (session) => readRecord(store, session, {}));
  const variants: VariantRecord[] = [];
  for (const record of book.variants()) {
    if (allDifferencesOf(record).length > 0) variants.push(record);
    if (record.changes.length > 0) await setImmediate();
  }
  const discounts = [...uses.accounts()].filter(
    (account) => discountDifferencesOf(account).length > 0,
  );
  return { variants, discounts };
}

function allDifferencesOf(record: VariantRecord): StockDifference[] {
  return differencesOf(record, replay(record.changes, record.stored?.version));
}

async function* repairs(context: LedgerContext, { variants, discounts }: Suspects) {
  for (const variant of variants) yield await repair(context, variant);
  for (const account of discounts) {
    const { discountId } = account;
    const obstacle = discountDifferencesOf(account).find((each) => !isRepairable(each));
    if (obstacle !== undefined) yield { discountId, reason: REASON[obstacle.kind] };
    else yield await repairDiscount(context, discountId);
  }
}

const REASON: Readonly<Record<DiscountDifference['kind'], string>> = {
  discount_missing: 'there is no such discount',
  uses: 'orders and uses differ',
  uses_over_limit: 'more orders use it than may',
  use_version_clash: 'two uses made the same version',
  use_version_outside: 'a use made a version that never was',
};

async function repair(
  context: LedgerContext,
  record: VariantRecord,
): Promise<RepairedVariant | Unrepairable> {
  const timeline = replay(record.changes, record.stored?.version);
  const carriers = await readMisplacedCarriers(context.store, record.variantId, timeline);
  const plan = planRepair(record, timeline, carriers);
  return 'reason' in plan ? plan : repairVariant(context, plan);
}
