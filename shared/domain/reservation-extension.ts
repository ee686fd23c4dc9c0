import { isReservationOver } from './order-transitions.ts';
import type { OrderStatus } from './vocabulary.ts';

/** The maximum number of extensions of one order. */
export const EXTENSIONS_MAX = 100;

/** The fields of an order that an extension of its reservation depends on. */
interface HeldOrder {
  readonly status: OrderStatus;
  readonly placedAt: Date;
  readonly reservedUntil: Date;
  readonly history: readonly { readonly kind?: string }[];
}

/** A requested extension; `heldMsMax` is the maximum time for which an order may hold its units. */
export interface ReservationExtension {
  readonly extraMs: number;
  readonly heldMsMax: number;
}

/** The decision on an extension. */
export type ExtensionDecision =
  | { readonly kind: 'extended'; readonly reservedUntil: Date }
  /** The reservation would end later than `latest`. */
  | { readonly kind: 'too_long'; readonly latest: Date }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Decides an extension of a reservation. Only a reservation that has not ended can be extended, so
 * the outcome does not depend on when the expiry sweep runs.
 */
export function decideExtension(
  { status, placedAt, reservedUntil, history }: HeldOrder,
  { extraMs, heldMsMax }: ReservationExtension,
  now: Date,
): ExtensionDecision {
  if (status !== 'pending') {
    return { kind: 'refused', reason: `an order that is ${status} holds no reservation` };
  }
  if (isReservationOver({ reservedUntil }, now)) {
    return { kind: 'refused', reason: 'the reservation has expired' };
  }
  const earlier = history.filter(({ kind }) => kind === 'reservation_extended').length;
  if (earlier >= EXTENSIONS_MAX) {
    return {
      kind: 'refused',
      reason: `the reservation has already been extended ${earlier} times`,
    };
  }
  const latest = new Date(placedAt.getTime() + heldMsMax);
  const until = new Date(reservedUntil.getTime() + extraMs);
  if (until.getTime() > latest.getTime()) return { kind: 'too_long', latest };
  return { kind: 'extended', reservedUntil: until };
}
