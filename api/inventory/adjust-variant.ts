import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import type { ApiContext } from '../context.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { Principal } from '../http/principal.ts';
import type { AdjustmentRequest } from './schemas.ts';
import { findLevel } from './stock-store.ts';

/**
 * Changes the units on hand of one of the caller's variants.
 * @throws RefusedError not_found, stock_below_reserved or stock_out_of_range
 */
export async function adjustVariant(
  context: ApiContext,
  principal: Principal,
  variantId: string,
  request: AdjustmentRequest,
): Promise<{ readonly movement: MovementRecord; readonly level: StockLevel }> {
  const { productId } = await findLevel(context.store, principal, variantId);
  const { reason, reference } = request;
  const submitted = context.adjustments.submit({
    movementId: newId('mov'),
    variantId,
    productId,
    amount: 'set' in request ? { set: request.set } : { delta: request.delta },
    onHandMax: ON_HAND_MAX,
    reason,
    ...(reference !== undefined && { reference }),
    actor: principal.id,
  });
  const result = await withDeadline('adjusting', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'adjusted') return result;
  if (result.kind === 'missing') {
    throw new RefusedError('not_found', 'There is no such variant of this shop.');
  }
  throw refusalOf(result.code, result.level, 'set' in request ? 'set' : 'delta');
}

function refusalOf(
  code: 'stock_below_reserved' | 'stock_out_of_range',
  { onHand, reserved }: StockLevel,
  path: string,
): RefusedError {
  const message =
    code === 'stock_below_reserved'
      ? `Of ${onHand} units on hand ${reserved} are reserved; fewer cannot be left.`
      : `There are ${onHand} units on hand; there can be ${ON_HAND_MAX} at most.`;
  return new RefusedError(code, message, [{ path, message }], { onHand, reserved });
}
