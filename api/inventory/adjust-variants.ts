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
import type { AuditDraft } from '../../shared/ledger/commit.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { idFrom, newId } from '../../shared/runtime/ids.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import { type AuditedCaller, toAuditDraft } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIdempotencyKey } from '../http/idempotency-key.ts';
import { toActor } from '../http/principal.ts';
import { describeRefusal } from './change-stock.ts';
import type { InventoryContext } from './context.ts';
import type { AdjustmentsRequest } from './schemas.ts';
import { findProductIds } from './stock-store.ts';

type RequestedAdjustment = AdjustmentsRequest['adjustments'][number];

interface AdjustedVariants {
  /** The movements, each with the level after it. */
  readonly adjusted: readonly { readonly movement: MovementRecord; readonly level: StockLevel }[];
  /** Whether an earlier request with the same key created the movements. */
  readonly isReplay: boolean;
}

/**
 * Changes the units on hand of several of the caller's variants in one transaction: all or none.
 * Requests with the same idempotency key change the stock once.
 * @throws RefusedError adjustments_refused with a field error for each refused adjustment,
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
  const commands = adjustments.flatMap((adjustment, index): AdjustmentCommand[] => {
    const productId = productIds.get(adjustment.variantId);
    if (productId === undefined) return [];
    const ownReference = adjustment.reference ?? reference;
    return [
      {
        ...identify(index),
        variantId: adjustment.variantId,
        productId,
        amount: 'set' in adjustment ? { set: adjustment.set } : { delta: adjustment.delta },
        expected: toExpected(adjustment),
        onHandMax: ON_HAND_MAX,
        reason,
        ...(ownReference !== undefined && { reference: ownReference }),
        actor: toActor(principal),
      },
    ];
  });
  const isComplete = commands.length === adjustments.length;
  const adjusting = isComplete
    ? adjustAllOrNone(context.ledger, commands, toAudit(caller, commands, reason))
    : judgeAdjustments(context.ledger, commands);
  const results = await withDeadline('adjusting', WRITE_TIMEOUT_MS, adjusting);
  const reusedIndex = results.findIndex(isReuse);
  if (reusedIndex >= 0) throw refuseReuse(commands[reusedIndex]?.movementId);
  const resultsOfKnown = results.values();
  const fieldErrors = adjustments.flatMap((adjustment, index) => {
    const result = productIds.has(adjustment.variantId) ? resultsOfKnown.next().value : undefined;
    return toFieldErrors(result ?? MISSING, index, adjustment);
  });
  if (fieldErrors.length > 0) throw toRefusal(fieldErrors);
  const adjusted = results.flatMap((result) => (result.kind === 'adjusted' ? [result] : []));
  return { adjusted, isReplay: adjusted.every(({ isReplay }) => isReplay === true) };
}

function toExpected(adjustment: RequestedAdjustment) {
  const onHand = 'set' in adjustment ? adjustment.expectedOnHand : undefined;
  return onHand === undefined ? {} : { onHand };
}

/**
 * Returns a function that identifies the movement of the adjustment at an index. With a key, the
 * ids derive from the caller and the key, so the primary index detects a repeated request.
 */
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
  const message = 'This Idempotency-Key was used for another request. Use a new key.';
  const extra = movementId === undefined ? {} : { movementId };
  return refuseField('idempotency_key_reused', 'Idempotency-Key', message, extra);
}

function toFieldErrors(
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

function toRefusal(fields: readonly FieldError[]): RefusedError {
  const count = fields.length === 1 ? 'One adjustment is' : `${fields.length} adjustments are`;
  const detail = `${count} refused, so none is applied.`;
  return new RefusedError('adjustments_refused', detail, fields);
}

/** Returns the audit entry of all adjustments together. */
function toAudit(
  caller: AuditedCaller<InventoryContext>,
  commands: readonly AdjustmentCommand[],
  reason: string,
): AuditDraft {
  const firstMovementId = commands[0]?.movementId;
  const detail = { adjustments: commands.length, firstMovementId, reason };
  return toAuditDraft(caller, 'stock.adjusted', { detail });
}
