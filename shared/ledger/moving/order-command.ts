import type { OrderDetails } from '../../domain/order-details.ts';
import type { OrderActorKind, OrderMove } from '../../domain/order-transitions.ts';
import type { AuditSource } from '../../store/collections/audit.ts';

/** A move that somebody asks of an order. */
export interface OrderCommand {
  readonly orderId: string;
  readonly move: OrderMove;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
  /** What is put on the order when it moves; if it has moved already, it must say the same. */
  readonly details?: OrderDetails;
  /** A seller unless set: the order's buyer may do less. */
  readonly actorKind?: OrderActorKind;
  /** Why the caller may not make the move. Only the payment that it reports is then recorded. */
  readonly forbidden?: string;
  /** Who asked, for the audit entries that the ledger writes itself. */
  readonly source?: AuditSource;
}
