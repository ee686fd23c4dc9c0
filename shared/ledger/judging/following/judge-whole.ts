import {
  type DiscountAccount,
  type DiscountDifference,
  findDiscountDifferences,
} from '../../../domain/judging/discount-account.ts';
import { judgeVariant, type VariantFindings } from '../../../domain/judging/judge-variant.ts';
import { toAccount, type VariantAccount } from '../../../domain/judging/variant-account.ts';
import type { ClusterTime } from '../../../store/change-feed.ts';
import { atSnapshot, snapshotTime } from '../../../store/snapshot.ts';
import type { Store } from '../../../store/store.ts';
import { readAccounts } from '../discount-index.ts';
import type { IdRange } from '../ranges.ts';
import { readVariants } from '../read-variants.ts';
import type { Faults } from './judge-checkouts.ts';
import type { Stored, UseAccount } from './judging-store.ts';

/** Accounts of variants or discounts whose records were read completely, with their faults. */
interface JudgedWhole<Account> {
  readonly asOf: ClusterTime;
  readonly accounts: readonly Stored<Account>[];
  readonly faults: Faults;
}

/** Judges some variants by their whole records, by the rules of the verdict. */
export async function judgeVariants(
  store: Store,
  range: IdRange,
): Promise<JudgedWhole<VariantAccount>> {
  const { index, asOf } = await atSnapshot(store, async (session) => {
    const read = await readVariants(store, session, range);
    return { index: read, asOf: snapshotTime(session) };
  });
  const accounts: Stored<VariantAccount>[] = [];
  const faults: Faults = new Map((range.ids ?? []).map((id) => [id, []]));
  for (const record of index.variants()) {
    const findings = judgeVariant(record);
    const { variantId: _id } = record;
    accounts.push({ _id, asOf, ...toAccount(record, findings) });
    const kinds = listKinds(findings);
    if (kinds.length > 0 || range.ids) faults.set(_id, kinds);
  }
  return { asOf, accounts, faults };
}

/** Judges some discounts by all their uses, by the rules of the verdict. */
export async function judgeDiscounts(
  store: Store,
  range: IdRange,
): Promise<JudgedWhole<UseAccount>> {
  const { entries, asOf } = await atSnapshot(store, async (session) => {
    const read = await readAccounts(store, session, range);
    return { entries: read, asOf: snapshotTime(session) };
  });
  const accounts: Stored<UseAccount>[] = [];
  const faults: Faults = new Map((range.ids ?? []).map((id) => [id, []]));
  for (const [discountId, entry] of entries) {
    const account: DiscountAccount = { discountId, ...entry };
    const kinds = distinct(findDiscountDifferences(account));
    const latest = entry.versions.reduce((highest, each) => Math.max(highest, each), 0);
    const { stored, held } = entry;
    accounts.push({ _id: discountId, asOf, stored, held, latest, isFaulty: kinds.length > 0 });
    if (kinds.length > 0 || range.ids) faults.set(discountId, kinds);
  }
  return { asOf, accounts, faults };
}

function listKinds({ oversold, undersold, differences }: VariantFindings): string[] {
  return [
    ...(oversold > 0 ? [`oversold: ${oversold}`] : []),
    ...(undersold > 0 ? [`undersold: ${undersold}`] : []),
    ...new Set(
      differences.map((each) => ('counter' in each ? `${each.kind}: ${each.counter}` : each.kind)),
    ),
  ];
}

function distinct(differences: readonly DiscountDifference[]): string[] {
  return [...new Set(differences.map(({ kind }) => kind))];
}
