import { toCodeKey } from '../../shared/domain/discounts/terms.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DiscountRecord } from '../../shared/store/collections/discounts.ts';
import { isDuplicateKey } from '../../shared/store/faults.ts';
import type { Store } from '../../shared/store/store.ts';

const VALIDITY_MS = 10 * 365 * 24 * 60 * 60 * 1_000;

/**
 * The discount codes of the demo shop: one with a limit per buyer, and one with a limit of 50 uses
 * in all.
 */
const DEMO_DISCOUNTS = [
  { code: 'WELCOME10', kind: 'percentage', value: 10, isCombinable: true, usageLimitPerBuyer: 100 },
  { code: 'FIRST50', kind: 'fixed', value: 500, isCombinable: false, usageLimit: 50 },
] as const;

/** Creates the codes that the shop does not have yet. Returns all demo codes. */
export async function seedDiscounts(store: Store, shopId: string): Promise<string[]> {
  for (const terms of DEMO_DISCOUNTS) {
    const codeKey = toCodeKey(terms.code);
    if ((await store.discounts.findOne({ shopId, codeKey }, { projection: { _id: 1 } })) !== null)
      continue;
    const now = new Date();
    const discount: DiscountRecord = {
      _id: newId('dsc'),
      shopId,
      codeKey,
      ...terms,
      startsAt: now,
      endsAt: new Date(now.getTime() + VALIDITY_MS),
      isActive: true,
      uses: 0,
      version: 0,
      revision: 0,
      createdAt: now,
      updatedAt: now,
    };
    await store.discounts.insertOne(discount).catch((error: unknown) => {
      // Another process created it first.
      if (!isDuplicateKey(error)) throw error;
    });
  }
  return DEMO_DISCOUNTS.map(({ code }) => code);
}
