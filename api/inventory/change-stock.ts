import { hash } from 'node:crypto';
import { ON_HAND_MAX } from '../../shared/contract/limits.ts';
import { RefusedError } from '../../shared/domain/errors.ts';
import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import type { AdjustmentCommand, AdjustmentResult } from '../../shared/ledger/adjust-stock.ts';
import { setLowStockThreshold } from '../../shared/ledger/stock-levels.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { idFrom, newId } from '../../shared/runtime/ids.ts';
import type { MovementRecord } from '../../shared/store/collections/movements.ts';
import { viewLevel } from '../../shared/views/level-view.ts';
import { type AuditedCaller, recordAudit, toAuditSource } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { parseIfMatch, toEtag } from '../http/etag.ts';
import { checkIdempotencyKey } from '../http/idempotency-key.ts';
import { type Principal, toActor } from '../http/principal.ts';
import type { InventoryContext } from './context.ts';
import type { AdjustmentRequest } from './schemas.ts';
import { findLevel, noSuchVariant } from './stock-store.ts';

/** A requested adjustment, with its headers. */
interface Adjustment {
  readonly variantId: string;
  readonly request: AdjustmentRequest;
  readonly ifMatch: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** The movement, and the level after it. */
interface Adjusted {
  readonly movement: MovementRecord;
  readonly level: StockLevel;
  /** Whether an earlier request with the same key created the movement. */
  readonly isReplay: boolean;
}

/**
 * Changes the units on hand of one of the caller's variants. With an idempotency key, a
 * repeated request gets the first result, however late it comes.
 * @throws RefusedError not_found, invalid_request, precondition_failed, stock_changed,
 *   stock_below_reserved, stock_out_of_range, idempotency_key_invalid or idempotency_key_reused
 */
export async function adjustVariant(
  caller: AuditedCaller<InventoryContext>,
  adjustment: Adjustment,
): Promise<Adjusted> {
  const { context, principal } = caller;
  const { variantId, request, ifMatch } = adjustment;
  const { productId } = await findLevel(context.store, principal, variantId);
  const { reason, reference } = request;
  const versions = expectedVersions(ifMatch);
  const onHand = 'set' in request ? request.expectedOnHand : undefined;
  const identity = identifyMovement(principal, adjustment);
  const submitted = context.adjustments.submit({
    ...identity,
    variantId,
    productId,
    amount: 'set' in request ? { set: request.set } : { delta: request.delta },
    expected: { ...(versions && { versions }), ...(onHand !== undefined && { onHand }) },
    onHandMax: ON_HAND_MAX,
    reason,
    ...(reference !== undefined && { reference }),
    actor: toActor(principal),
    source: toAuditSource(caller),
  });
  const result = await withDeadline('adjusting', WRITE_TIMEOUT_MS, submitted);
  if (result.kind === 'missing') throw noSuchVariant();
  if (result.kind === 'refused') {
    const amountPath = 'set' in request ? 'set' : 'delta';
    const { movementId } = identity;
    throw toRefusal(result.code, result.level, { amountPath, movementId });
  }
  const { movement, level, isReplay = false } = result;
  return { movement, level, isReplay };
}

/**
 * Returns the id of the movement, and the hash of the parsed request. An id derived from the caller
 * and the idempotency key lets the primary index detect a repeated request. The hash detects
 * another request with the same key.
 */
function identifyMovement(
  { id }: Principal,
  { idempotencyKey, variantId, request }: Adjustment,
): Pick<AdjustmentCommand, 'movementId' | 'requestHash'> {
  if (idempotencyKey === undefined) return { movementId: newId('mov') };
  const movementId = idFrom('mov', `${id} ${checkIdempotencyKey(idempotencyKey)}`);
  return { movementId, requestHash: hash('sha256', JSON.stringify({ variantId, ...request })) };
}

/**
 * Sets the number of available units at or below which a variant's stock counts as low; null for
 * never.
 * @throws RefusedError not_found
 */
export async function changeThreshold(
  caller: AuditedCaller<InventoryContext>,
  variantId: string,
  lowStockThreshold: number | null,
): Promise<StockLevel> {
  const { context, principal } = caller;
  await findLevel(context.store, principal, variantId);
  const writing = setLowStockThreshold(context.ledger, variantId, lowStockThreshold);
  const level = await withDeadline('setting a threshold', WRITE_TIMEOUT_MS, writing);
  if (level === undefined) throw noSuchVariant();
  const detail = { lowStockThreshold };
  await recordAudit(caller, 'stock.threshold_changed', { target: variantId, detail });
  return level;
}

const TAG = /^"\w(\d{1,15})"$/;

/**
 * Reads the versions of a level from an `If-Match` header; undefined if any version matches.
 * Unknown tags match no version. The ledger compares the versions in its transaction.
 * @throws RefusedError invalid_request, as `parseIfMatch` does
 */
export function expectedVersions(ifMatch: string | undefined): readonly number[] | undefined {
  return parseIfMatch(ifMatch)?.flatMap((tag) => {
    const version = Number(TAG.exec(tag)?.[1]);
    return tag === toEtag(version) ? [version] : [];
  });
}

export type RefusalCode = Extract<AdjustmentResult, { kind: 'refused' }>['code'];

interface Refusal {
  /** The refused field or header; by default the field with the amount. */
  readonly path?: string;
  readonly message: (level: StockLevel) => string;
}

const REFUSALS: Readonly<Record<RefusalCode, Refusal>> = {
  precondition_failed: {
    path: 'If-Match',
    message: ({ version }) =>
      `The level has changed since you read it: it is at version ${version} now.`,
  },
  stock_changed: {
    path: 'expectedOnHand',
    message: ({ onHand }) => `There are ${onHand} units on hand now.`,
  },
  stock_below_reserved: {
    message: ({ onHand, reserved }) =>
      `${reserved} of ${onHand} units on hand are reserved, so at least ${reserved} must remain.`,
  },
  stock_out_of_range: {
    message: ({ onHand }) =>
      `There are ${onHand} units on hand; there can be at most ${ON_HAND_MAX}.`,
  },
  idempotency_key_reused: {
    path: 'Idempotency-Key',
    message: () => 'This Idempotency-Key was used for another request. Use a new key.',
  },
};

/**
 * Returns the message of a refusal, and the path of the refused field or header. `amountPath` is
 * the field of the request that has the amount: `set` or `delta`.
 */
export function describeRefusal(code: RefusalCode, level: StockLevel, amountPath: string) {
  const { path = amountPath, message } = REFUSALS[code];
  return { path, message: message(level) };
}

/** Creates the error of a refused adjustment, with the level at the time of the refusal. */
function toRefusal(
  code: RefusalCode,
  level: StockLevel,
  { amountPath, movementId }: { readonly amountPath: string; readonly movementId: string },
): RefusedError {
  const { onHand, reserved } = level;
  const { path, message } = describeRefusal(code, level, amountPath);
  const isStale = code === 'precondition_failed' || code === 'stock_changed';
  const extra = code === 'idempotency_key_reused' ? { movementId } : { onHand, reserved };
  return new RefusedError(code, message, [{ path, message }], {
    ...extra,
    ...(isStale && { level: viewLevel(level) }),
  });
}
