import { RefusedError } from '../../shared/domain/errors.ts';
import type { OrderActorKind, OrderMove } from '../../shared/domain/order-transitions.ts';
import type { ApiContext } from '../context.ts';
import type { Principal } from '../http/principal.ts';
import { storefrontOf } from '../storefronts/offers.ts';

interface AskedMove {
  readonly move: OrderMove;
  /** The shop that sells the order. */
  readonly shopId: string;
}

/**
 * As what the caller moves an order that it may see; by that the ledger decides from which status.
 * The shop that sells the order, by its session or its keys, may make every move. The storefront of
 * another shop may cancel, and confirm where the seller's list says so at this moment.
 * @throws RefusedError storefront_not_allowed
 */
export async function checkMover(
  { storefrontPolicies }: Pick<ApiContext, 'storefrontPolicies'>,
  principal: Principal,
  { move, shopId }: AskedMove,
): Promise<OrderActorKind> {
  if (principal.kind === 'buyer') return 'buyer';
  if (principal.shopId === shopId) return 'seller';
  if (move === 'cancel') return 'storefront';
  if (move !== 'confirm') {
    throw notAllowed(`Only the shop that sells an order can ${move} it.`, { move, shopId });
  }
  const { mayConfirm } = await storefrontPolicies.currentRights(storefrontOf(principal), shopId);
  if (mayConfirm) return 'storefront';
  const detail = 'The shop that sells this order does not let this storefront confirm it.';
  throw notAllowed(detail, { move, shopId });
}

function notAllowed(detail: string, asked: AskedMove): RefusedError {
  return new RefusedError('storefront_not_allowed', detail, [], { ...asked });
}
