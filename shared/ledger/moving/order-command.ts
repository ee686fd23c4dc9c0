import type { ReducedCharge } from '../../domain/charges.ts';
import type { RequestedLine } from '../../domain/lines.ts';
import type { OrderDetails } from '../../domain/order-details.ts';
import type { OrderActorKind, OrderMove } from '../../domain/order-transitions.ts';
import type { AuditSource } from '../../store/collections/audit.ts';
import type { MovementRecord } from '../../store/collections/movements.ts';
import type { OrderRecord, RequestMark } from '../../store/collections/orders.ts';
import type { AuditDraft, EventDraft } from '../commit.ts';

/** A requested move of an order. */
export interface OrderCommand {
  readonly orderId: string;
  readonly move: OrderMove;
  /**
   * The units to cancel, or that were returned or lost; by default all that the move can take off.
   */
  readonly lines?: readonly RequestedLine[];
  /** The amounts of the order's charges to give back. */
  readonly charges?: readonly ReducedCharge[];
  /** Whether returned or lost units go back on sale; false by default. */
  readonly isRestocked?: boolean;
  /** Recognizes a repeated request that takes units off an order. */
  readonly request?: RequestMark;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
  /** For a confirmation: whether an order whose reservation has ended reacquires its units. */
  readonly isReacquiring?: boolean;
  /**
   * References and carrier, stored on the order when it moves. A repeated move with different ones
   * is refused.
   */
  readonly details?: OrderDetails;
  /** The role of the caller, a seller by default; storefronts and buyers may do less. */
  readonly actorKind?: OrderActorKind;
  /**
   * The ids of the order's products and discounts, if the caller has read them; otherwise they are
   * read.
   */
  readonly lockNames?: readonly string[];
  /**
   * Why the caller may not make the move; absent if it may. If set, the command is refused and only
   * its payment is recorded.
   */
  readonly forbidden?: string;
  /** The caller, for the audit entry of a payment that cannot be applied. */
  readonly source?: AuditSource;
  /** The audit entry of the move, which is written if the order moves. */
  readonly audit?: AuditDraft;
}

/** A changed order, with its movements and events. */
export interface ChangedOrder {
  readonly order: OrderRecord;
  readonly movements: readonly MovementRecord[];
  readonly events: readonly EventDraft[];
}
