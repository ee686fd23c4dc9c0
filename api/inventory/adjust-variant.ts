import { hash } from 'node:crypto';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import type { AdjustmentCommand, AdjustmentResult } from '../../shared/ledger/adjust-stock.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { idFrom, idFromAt, newId } from '../../shared/runtime/ids.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIdempotencyKey } from '../http/idempotency-key.ts';
import { actorOf, type Principal } from '../http/principal.ts';
import type { InventoryContext } from './context.ts';
import { expectedVersions } from './expected-versions.ts';
import { toRefusal } from './refusal.ts';
import type { AdjustmentRequest } from './schemas.ts';
import { findLevel, noSuchVariant } from './stock-store.ts';

/** What is asked, and what the headers say of it. */
interface AdjustmentAsked {
  readonly variantId: string;
  readonly request: AdjustmentRequest;
  readonly ifMatch: string | undefined;
  /** The caller's name for this request. */
  readonly idempotencyKey: string | undefined;
}

/** The movement that was made, and the level that it made. */
interface Adjusted {
  readonly movement: MovementRecord;
  readonly level: StockLevel;
  /** Whether an earlier request under the same key made it. */
  readonly isReplay: boolean;
}

/**
 * Changes the units on hand of one of the caller's variants. Under an idempotency key it is done
 * once: a repeat gets the first answer, however long ago that was.
 * @throws RefusedError not_found, precondition_failed, stock_changed, stock_below_reserved,
 *   stock_out_of_range, idempotency_key_invalid or idempotency_key_reused
 */
export async function adjustVariant(
  caller: AuditedCaller<InventoryContext>,
  asked: AdjustmentAsked,
): Promise<Adjusted> {
  const { context, principal } = caller;
  const { variantId, request, ifMatch } = asked;
  const { productId } = await findLevel(context.store, principal, variantId);
  const { reason, reference } = request;
  const versions = expectedVersions(ifMatch);
  const onHand = 'set' in request ? request.expectedOnHand : undefined;
  const identity = identifyMovement(principal, asked);
  const submitted = context.adjustments.submit({
    ...identity,
    variantId,
    productId,
    amount: 'set' in request ? { set: request.set } : { delta: request.delta },
    expected: { ...(versions && { versions }), ...(onHand !== undefined && { onHand }) },
    onHandMax: ON_HAND_MAX,
    reason,
    ...(reference !== undefined && { reference }),
    actor: actorOf(principal),
  });
  const result: AdjustmentResult = await withDeadline('adjusting', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'missing') throw noSuchVariant();
  if (result.kind === 'refused') {
    const amountPath = 'set' in request ? 'set' : 'delta';
    const { movementId } = identity;
    throw toRefusal(result.code, result.level, { amountPath, movementId });
  }
  await recordMovement(caller, result.movement);
  const { movement, level, isReplay = false } = result;
  return { movement, level, isReplay };
}

/** A repeat under the same key finds its movement made, and the entry written. */
async function recordMovement(
  caller: AuditedCaller<InventoryContext>,
  made: MovementRecord,
): Promise<void> {
  const id = idFromAt('aud', made.at, made._id);
  const detail = { movementId: made._id, delta: made.delta.onHand, reason: made.reason };
  await recordAudit(caller, 'stock.adjusted', { id, target: made.variantId, detail });
}

/**
 * With a key the movement's id is made of it, and its primary index knows a repeat; keys are per
 * caller. What is compared is the request as parsed, with its variant.
 */
function identifyMovement(
  { id }: Principal,
  { idempotencyKey, variantId, request }: AdjustmentAsked,
): Pick<AdjustmentCommand, 'movementId' | 'requestHash'> {
  if (idempotencyKey === undefined) return { movementId: newId('mov') };
  const movementId = idFrom('mov', `${id} ${checkIdempotencyKey(idempotencyKey)}`);
  return { movementId, requestHash: hash('sha256', JSON.stringify({ variantId, ...request })) };
}
