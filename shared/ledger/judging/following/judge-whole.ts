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

/** Judges the variants of a range by their whole records, with the rules of the verdict. */
export async function judgeVariants(
  store: Store,
  range: IdRange,
): Promise<JudgedWhole<VariantAccount>> {
  const { index, asOf } = await atSnapshot(store, async (session) => {
    const variantIndex = await readVariants(store, session, range);
    return { index: variantIndex, asOf: snapshotTime(session) };
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

/** Judges the discounts of a range by all their uses, with the rules of the verdict. */
export async function judgeDiscounts(
  store: Store,
  range: IdRange,
): Promise<JudgedWhole<UseAccount>> {
  const { entries, asOf } = await atSnapshot(store, async (session) => {
    const discountEntries = await readAccounts(store, session, range);
    return { entries: discountEntries, asOf: snapshotTime(session) };
  });
  const accounts: Stored<UseAccount>[] = [];
  const faults: Faults = new Map((range.ids ?? []).map((id) => [id, []]));
  for (const [discountId, entry] of entries) {
    const account: DiscountAccount = { discountId, ...entry };
    const kinds = listDiscountKinds(findDiscountDifferences(account));
    const latest = entry.versions.reduce((highest, version) => Math.max(highest, version), 0);
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
      differences.map((difference) =>
        'counter' in difference ? `${difference.kind}: ${difference.counter}` : difference.kind,
      ),
    ),
  ];
}

function listDiscountKinds(differences: readonly DiscountDifference[]): string[] {
  return [...new Set(differences.map(({ kind }) => kind))];
}
