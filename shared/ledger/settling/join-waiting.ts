import { isBehindOthers } from '../../domain/lapsed-holds.ts';
import type { CheckoutRecord } from '../../store/collections/checkouts.ts';
import { byAcceptance } from './by-acceptance.ts';
import type { WaitingCheckouts } from './read-waiting.ts';

/**
 * Merges the checkouts of a batch and waiting checkouts in the order of acceptance. If more
 * checkouts may wait for a variant than were read, checkouts of that variant which come after the
 * last wait that was read are left out, unless `isLast`. Where a waiting checkout is left out, so
 * are the checkouts after it that want one of its variants: they would take its units.
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
  const isBehind = ({ _id, shortage }: CheckoutRecord) =>
    lapsed.has(_id) || isBehindOthers(shortage);
  const isRead = (checkout: CheckoutRecord) =>
    checkout.lines.every(({ variantId }) => {
      if (!readUpTo.has(variantId)) return true;
      const last = readUpTo.get(variantId);
      if (last === undefined) return false;
      if (isBehind(checkout) !== (last.isBehind === true)) return !isBehind(checkout);
      return byAcceptance(checkout, last) <= 0;
    });
  const fittingIds = new Set(checkouts.map(({ _id }) => _id));
  const withheldVariantIds = new Set<string>();
  const leftOutIds = new Set<string>();
  const notBehind = joined.filter((checkout) => !isBehind(checkout));
  const inTurn = [...notBehind, ...joined.filter(isBehind)];
  for (const checkout of inTurn) {
    const { _id, lines } = checkout;
    if (isRead(checkout) && !lines.some(({ variantId }) => withheldVariantIds.has(variantId)))
      continue;
    leftOutIds.add(_id);
    if (!fittingIds.has(_id)) continue;
    for (const { variantId } of lines) withheldVariantIds.add(variantId);
  }
  return joined.filter(({ _id }) => !leftOutIds.has(_id));
}
