import { isBehindOthers } from '../../domain/lapsed-holds.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import type { WaitingCheckouts } from './read-waiting.ts';

/**
 * Merges the checkouts of a batch and waiting checkouts in the order of acceptance. If more
 * checkouts may wait for a variant than were read, checkouts of that variant which come after the
 * last wait that was read are left out, unless `isLast`.
 * @param lapsed contains the queued checkouts that must wait behind others
 */
export function joinWaiting(
  open: readonly CheckoutRecord[],
  { checkouts, readUpTo }: WaitingCheckouts,
  lapsed: { has(checkoutId: string): boolean },
  isLast: boolean,
): readonly CheckoutRecord[] {
  if (checkouts.length === 0 && readUpTo.size === 0) return open;
  const byId = new Map([...open, ...checkouts].map((checkout) => [checkout._id, checkout]));
  const joined = [...byId.values()].sort(byAcceptance);
  if (isLast || readUpTo.size === 0) return joined;
  return joined.filter((checkout) =>
    checkout.lines.every(({ variantId }) => {
      if (!readUpTo.has(variantId)) return true;
      const last = readUpTo.get(variantId);
      if (last === undefined) return false;
      const isBehind = lapsed.has(checkout._id) || isBehindOthers(checkout.shortage);
      if (isBehind !== (last.isBehind === true)) return !isBehind;
      return byAcceptance(checkout, last) <= 0;
    }),
  );
}

type AcceptedCheckout = Pick<CheckoutRecord, '_id' | 'acceptedAt'>;

/** Compares checkouts by the order of acceptance. */
export function byAcceptance(first: AcceptedCheckout, second: AcceptedCheckout): number {
  const earlier = first.acceptedAt.getTime() - second.acceptedAt.getTime();
  if (earlier !== 0) return earlier;
  return first._id < second._id ? -1 : Number(first._id > second._id);
}
