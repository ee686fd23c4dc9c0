import { Schema } from 'mongoose';
import type { CheckoutRecord } from './checkouts.ts';

/**
 * Marks a checkout that has personal data, so that a storefront can erase a buyer's data. The marks
 * of a buyer have consecutive ids, so neither they nor `checkouts` need a further index.
 */
export interface PersonalCheckoutRecord {
  /** `toPersonalPrefix` of the buyer, followed by `checkoutId`. */
  readonly _id: string;
  readonly checkoutId: string;
  /**
   * When the checkout was accepted. A mark is stored before its checkout, which may then never be
   * stored.
   */
  readonly at: Date;
}

export const personalCheckoutSchema = new Schema(
  {
    _id: { type: String, required: true },
    checkoutId: { type: String, required: true },
    at: { type: Date, required: true },
  },
  { collection: 'personal_checkouts', versionKey: false },
);

type Buyer = Pick<CheckoutRecord, 'storefrontId' | 'buyerId'>;

/** Returns the prefix that the ids of a buyer's marks have, and no other ids. */
export function toPersonalPrefix({ storefrontId, buyerId }: Buyer): string {
  return JSON.stringify([storefrontId, buyerId]);
}

/** Returns the marks of the checkouts that have personal data. */
export function listPersonal(
  checkouts: readonly Pick<
    CheckoutRecord,
    '_id' | 'storefrontId' | 'buyerId' | 'acceptedAt' | 'isPersonal'
  >[],
): PersonalCheckoutRecord[] {
  return checkouts
    .filter(({ isPersonal }) => isPersonal === true)
    .map(({ _id: checkoutId, acceptedAt: at, ...buyer }) => ({
      _id: `${toPersonalPrefix(buyer)}${checkoutId}`,
      checkoutId,
      at,
    }));
}
