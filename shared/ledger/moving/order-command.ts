import type { OrderDetails } from '../../domain/order-details.ts';
import type { OrderMove } from '../../domain/order-transitions.ts';
import type { OrderStatus } from '../../domain/vocabulary.ts';

/** A move that somebody asks of an order. */
export interface OrderCommand {
  readonly orderId: string;
  readonly move: OrderMove;
  /** Id of the principal, or `system`. */
  readonly actor: string;
  readonly reason?: string;
  /** What is put on the order when it moves; if it has moved already, it must say the same. */
  readonly details?: OrderDetails;
  /** The only status from which whoever asks may make the move. */
  readonly onlyFrom?: OrderStatus;
}
