import { hash } from 'node:crypto';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { type FieldError, RefusedError, refuseField } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import {
  type AdjustmentCommand,
  type AdjustmentResult,
  adjustAllOrNone,
  judgeAdjustments,
} from '../../shared/ledger/adjust-stock.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { idFrom, idFromAt, newId } from '../../shared/runtime/ids.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIdempotencyKey } from '../http/idempotency-key.ts';
import { toActor } from '../http/principal.ts';
import { describeRefusal } from './change-stock.ts';
import type { InventoryContext } from './context.ts';
import type { AdjustmentsRequest } from './schemas.ts';
import { findProductIds } from './stock-store.ts';

type RequestedAdjustment = AdjustmentsRequest['adjustments'][number];

/** The movements, and the levels after each. */
interface AdjustedVariants {
  readonly adjusted: readonly { readonly movement: MovementRecord; readonly level: StockLevel }[];
  /** Whether an earlier request with the same key made them. */
  readonly isReplay: boolean;
}

/**
 * Changes the units on hand of several of the caller's variants, all in one transaction or none. With
 * an idempotency key it happens once.
 * @throws RefusedError adjustments_refused with a field for each refused one,
 *   idempotency_key_invalid or idempotency_key_reused; nothing is then changed
 */
export async function adjustVariants(
  caller: AuditedCaller<InventoryContext>,
  request: AdjustmentsRequest,
  idempotencyKey: string | undefined,
): Promise<AdjustedVariants> {
  const { context, principal } = caller;
  const { adjustments, reason, reference } = request;
  const variantIds = adjustments.map(({ variantId }) => variantId);
  const productIds = await findProductIds(context.store, principal, variantIds);
  const identify = identifyMovements(principal.id, request, idempotencyKey);
  const commands = adjustments.flatMap((each, index): AdjustmentCommand[] => {
    const productId = productIds.get(each.variantId);
    if (productId === undefined) return [];
    const shown = each.reference ?? reference;
    return [
      {
        ...identify(index),
        variantId: each.variantId,
        productId,
        amount: 'set' in each ? { set: each.set } : { delta: each.delta },
        expected: toExpected(each),
        onHandMax: ON_HAND_MAX,
        reason,
        ...(shown !== undefined && { reference: shown }),
        actor: toActor(principal),
      },
    ];
  });
  const isComplete = commands.length === adjustments.length;
  const apply = isComplete ? adjustAllOrNone : judgeAdjustments;
  const adjusting = apply(context.ledger, commands);
  const results = await withDeadline('adjusting', WRITE_TIMEOUT_MS, adjusting);
  const reused = results.findIndex(isReuse);
  if (reused >= 0) throw refuseReuse(commands[reused]?.movementId);
  const ofKnown = results.values();
  const refused = adjustments.flatMap((each, index) => {
    const result = productIds.has(each.variantId) ? ofKnown.next().value : undefined;
    return toFields(result ?? MISSING, index, each);
  });
  if (refused.length > 0) throw refusedAll(refused);
  const adjusted = results.flatMap((result) => (result.kind === 'adjusted' ? [result] : []));
  await recordAdjusted(caller, adjusted, reason);
  return { adjusted, isReplay: adjusted.every(({ isReplay }) => isReplay === true) };
}

function toExpected(adjustment: RequestedAdjustment) {
  const onHand = 'set' in adjustment ? adjustment.expectedOnHand : undefined;
  return onHand === undefined ? {} : { onHand };
}

/** With a key, the ids of the movements derive from it, so the primary index detects a repetition. */
function identifyMovements(
  callerId: string,
  request: AdjustmentsRequest,
  idempotencyKey: string | undefined,
): (index: number) => Pick<AdjustmentCommand, 'movementId' | 'requestHash'> {
  if (idempotencyKey === undefined) return () => ({ movementId: newId('mov') });
  const key = checkIdempotencyKey(idempotencyKey);
  const requestHash = hash('sha256', JSON.stringify(request));
  return (index) => ({ movementId: idFrom('mov', `${callerId} ${key} ${index}`), requestHash });
}

const MISSING: AdjustmentResult = { kind: 'missing' };

function isReuse(result: AdjustmentResult): boolean {
  return result.kind === 'refused' && result.code === 'idempotency_key_reused';
}

function refuseReuse(movementId: string | undefined): RefusedError {
  const message = 'This Idempotency-Key was used for another request.';
  const extra = movementId === undefined ? {} : { movementId };
  return refuseField('idempotency_key_reused', 'Idempotency-Key', message, extra);
}

function toFields(
  result: AdjustmentResult,
  index: number,
  adjustment: RequestedAdjustment,
): FieldError[] {
  if (result.kind === 'adjusted') return [];
  const place = `adjustments.${index}`;
  if (result.kind === 'missing') {
    const message = 'There is no such variant of this shop.';
    return [{ path: `${place}.variantId`, message, code: 'unknown_variant' }];
  }
  const { code, level } = result;
  const amount = 'set' in adjustment ? 'set' : 'delta';
  const { path, message } = describeRefusal(code, level, amount);
  return [{ path: `${place}.${path}`, message, code }];
}

function refusedAll(fields: readonly FieldError[]): RefusedError {
  const count = fields.length === 1 ? 'One adjustment is' : `${fields.length} adjustments are`;
  const detail = `${count} refused, so none is applied.`;
  return new RefusedError('adjustments_refused', detail, fields);
}

/** Writes one entry for all; its id prevents a second one for a repeated request. */
async function recordAdjusted(
  caller: AuditedCaller<InventoryContext>,
  adjusted: AdjustedVariants['adjusted'],
  reason: string,
): Promise<void> {
  const first = adjusted[0]?.movement;
  if (first === undefined) return;
  const detail = { adjustments: adjusted.length, firstMovementId: first._id, reason };
  await recordAudit(caller, 'stock.adjusted', { id: idFromAt('aud', first.at, first._id), detail });
}
