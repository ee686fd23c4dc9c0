import { Schema } from 'mongoose';
import { toBuyerKey } from '../../domain/discounts/terms.ts';
import type { CheckoutRecord } from './checkouts.ts';
import { ifPresent } from './if-present.ts';

/**
 * The permission of a checkout to wait for units instead of being rejected; deleted when the
 * checkout has an outcome. Waits have a collection of their own because each index of `checkouts`
 * costs every checkout.
 */
export interface WaitRecord {
  /** Id of the checkout. */
  readonly _id: string;
  /**
   * `<buyer>/<variantId>` of each line; no two waits have the same key. Absent if the checkout was
   * parked and replayed.
   */
  readonly keys?: readonly string[];
  readonly lines: readonly {
    readonly variantId: string;
    readonly productId: string;
    readonly quantity: number;
  }[];
  readonly acceptedAt: Date;
  readonly waitUntil: Date;
  /** Set once it waits. Until then the checkout is queued. */
  readonly isWaiting?: true;
  /** Set with `isWaiting` if its buyer let too many holds lapse: waits without it come first. */
  readonly isBehind?: true;
}

/** The order in which waiting checkouts get units; a wait without `isBehind` sorts first. */
export const WAITING_ORDER = { isBehind: 1, acceptedAt: 1, _id: 1 } as const;

const waitLine = {
  _id: false,
  variantId: { type: String, required: true },
  productId: { type: String, required: true },
  quantity: { type: Number, required: true, min: 1 },
};

export const waitSchema = new Schema(
  {
    _id: { type: String, required: true },
    keys: { type: [String], default: undefined },
    lines: { type: [waitLine], required: true },
    acceptedAt: { type: Date, required: true },
    waitUntil: { type: Date, required: true },
    isWaiting: Boolean,
    isBehind: Boolean,
  },
  { collection: 'waits', versionKey: false },
);

waitSchema.index(
  { keys: 1 },
  { name: 'one_wait_per_buyer_and_variant', unique: true, ...ifPresent('keys') },
);
const onlyWaiting = { partialFilterExpression: { isWaiting: true } };
waitSchema.index(
  { 'lines.variantId': 1, ...WAITING_ORDER, 'lines.quantity': 1 },
  { name: 'waiting_in_turn', ...onlyWaiting },
);
waitSchema.index({ waitUntil: 1 }, { name: 'waiting_by_end', ...onlyWaiting });

type WaitingCheckout = Pick<
  CheckoutRecord,
  '_id' | 'storefrontId' | 'buyerId' | 'lines' | 'acceptedAt' | 'waitUntil'
>;

/** Returns the wait of a checkout; undefined if it may not wait. */
export function toWait(checkout: WaitingCheckout): WaitRecord | undefined {
  const wait = toWaitWithoutKeys(checkout);
  return wait && { ...wait, keys: listWaitKeys(checkout) };
}

/** Like `toWait`, but without keys: the buyer may have other waits for the same variants. */
export function toWaitWithoutKeys({
  _id,
  lines,
  acceptedAt,
  waitUntil,
}: WaitingCheckout): WaitRecord | undefined {
  if (waitUntil === undefined) return undefined;
  const waitLines = lines.map(({ variantId, productId, quantity }) => ({
    ...{ variantId, productId, quantity },
  }));
  return { _id, lines: waitLines, acceptedAt, waitUntil };
}

/** Lists the keys of a wait, one for each line. No other wait may have any of them. */
export function listWaitKeys({ storefrontId, buyerId, lines }: WaitingCheckout): string[] {
  const buyerKey = toBuyerKey(storefrontId, buyerId);
  return lines.map(({ variantId }) => `${buyerKey}/${variantId}`);
}
