import { hash } from 'node:crypto';
import { checkDrawTerms } from '../../shared/domain/draws.ts';
import { RefusedError, refuseField } from '../../shared/domain/errors.ts';
import { checkQuantitiesUpTo } from '../../shared/domain/quantity-rule.ts';
import { cancelDraw } from '../../shared/ledger/draws/close-draw.ts';
import { createDraw } from '../../shared/ledger/draws/create-draw.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { hashSeed, newSeed } from '../../shared/runtime/draw-order.ts';
import { idFrom, newId } from '../../shared/runtime/ids.ts';
import type { DrawRecord } from '../../shared/store/collections/draws.ts';
import type { ProductRecord } from '../../shared/store/collections/products.ts';
import type { Store } from '../../shared/store/store.ts';
import { drawsOwnedBy, stockOwnedBy } from '../access/visibility.ts';
import { type AuditedCaller, toAuditDraft, toAuditSource } from '../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import { checkIdempotencyKey } from '../http/idempotency-key.ts';
import { toActor } from '../http/principal.ts';
import type { DrawsContext } from './context.ts';
import { findDraw } from './draw-store.ts';
import type { DrawRequest } from './schemas.ts';

type Caller = AuditedCaller<DrawsContext>;

/** The draw that a request has created, now or earlier. */
interface RequestedDraw {
  readonly draw: DrawRecord;
  /** Whether an earlier request with the same idempotency key created the draw. */
  readonly isReplay: boolean;
}

/**
 * Creates a draw of one of the caller's variants and sets the units of the draw aside.
 * @throws RefusedError unknown_variant, draw_ends_before_start, invalid_request,
 * draw_exceeds_stock, quantity_not_allowed, idempotency_key_invalid or idempotency_key_reused; then
 * nothing is stored
 */
export async function createOwnDraw(
  caller: Caller,
  request: DrawRequest,
  idempotencyKey: string | undefined,
): Promise<RequestedDraw> {
  const { context, principal } = caller;
  const { store, clock, ledger } = context;
  const { variantId, ...terms } = request;
  const now = clock.now();
  const identity = identifyDraw(principal.id, request, idempotencyKey);
  const earlier = await store.draws.findOne(
    { _id: identity._id, ...drawsOwnedBy(principal) },
    { maxTimeMS: READ_TIMEOUT_MS },
  );
  if (earlier === null) checkDrawTerms(terms, now);
  const level = await store.stock.findOne<{ readonly productId: string }>(
    { _id: variantId, ...stockOwnedBy(principal) },
    { projection: { productId: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  if (level === null) throw unknownVariant(variantId);
  if (earlier === null) await checkEnterable(store, level.productId, request);
  const seed = newSeed();
  const draw: DrawRecord = {
    ...identity,
    ...drawsOwnedBy(principal),
    ...{ productId: level.productId, variantId, ...terms },
    ...{ status: 'scheduled', seedHash: hashSeed(seed) },
    ...{ held: request.quantity, openOrders: 0, position: 0, revision: 0, isActive: true },
    ...{ createdAt: now, createdBy: toActor(principal) },
  };
  const { _id: target, quantity, seedHash } = draw;
  const detail = { variantId, quantity, seedHash };
  const audit = toAuditDraft(caller, 'draw.created', { target, detail });
  const creating = createDraw(ledger, { draw, seed, audit });
  const result = await withDeadline('creating a draw', WRITE_TIMEOUT_MS, creating);
  if (result.kind === 'missing') throw unknownVariant(variantId);
  if (result.kind === 'reused') throw reusedKey();
  if (result.kind === 'too_few') {
    const { available } = result;
    const message = `Only ${available} units can be set aside.`;
    throw refuseField('draw_exceeds_stock', 'quantity', message, { variantId, available });
  }
  return { draw: result.draw, isReplay: result.kind === 'repeated' };
}

/**
 * Checks that `perBuyer` allows a quantity in which the variant is sold. Otherwise no one could
 * enter the draw.
 * @throws RefusedError quantity_not_allowed
 */
async function checkEnterable(
  { products }: Store,
  productId: string,
  { variantId, perBuyer }: DrawRequest,
): Promise<void> {
  const product = await products.findOne<Pick<ProductRecord, '_id' | 'variants'>>(
    { _id: productId },
    { projection: { variants: 1 }, maxTimeMS: READ_TIMEOUT_MS },
  );
  const variant = product?.variants.find(({ id }) => id === variantId);
  checkQuantitiesUpTo(variant?.quantityRule, perBuyer, 'perBuyer', variantId);
}

/**
 * Returns the id of a new draw. If the request has an Idempotency-Key, the id is derived from the
 * key and the caller, so that the ledger recognizes a repeat. The request’s hash is returned, too.
 * @throws RefusedError idempotency_key_invalid
 */
function identifyDraw(callerId: string, request: DrawRequest, key: string | undefined) {
  if (key === undefined) return { _id: newId('drw') };
  const _id = idFrom('drw', `${callerId} ${checkIdempotencyKey(key)}`);
  return { _id, requestHash: hash('sha256', JSON.stringify(request)) };
}

function unknownVariant(variantId: string): RefusedError {
  const message = 'The shop has no such variant.';
  return refuseField('unknown_variant', 'variantId', message, { variantId });
}

function reusedKey(): RefusedError {
  const message = 'This Idempotency-Key was used for another request.';
  return refuseField('idempotency_key_reused', 'Idempotency-Key', message);
}

/**
 * Cancels a draw of the caller's shop before the draw closes. A repeated cancellation changes
 * nothing.
 * @throws RefusedError not_found, or draw_closed if the draw has already closed
 */
export async function cancelOwnDraw(caller: Caller, drawId: string): Promise<DrawRecord> {
  const { context, principal } = caller;
  const { store, ledger } = context;
  const draw = await findDraw(store, drawId, drawsOwnedBy(principal));
  if (draw.status === 'closed' || draw.status === 'settled') throw drawClosed(draw);
  const cancellation = { actor: toActor(principal), source: toAuditSource(caller) };
  const cancelling = cancelDraw(ledger, draw, cancellation);
  const cancelled = await withDeadline('cancelling a draw', WRITE_TIMEOUT_MS, cancelling);
  if (cancelled === undefined) throw new RefusedError('not_found', 'There is no such draw.');
  if (cancelled.kind === 'too_late') throw drawClosed(cancelled.draw);
  return cancelled.draw;
}

function drawClosed({ _id: drawId, closesAt }: DrawRecord): RefusedError {
  const extra = { drawId, closesAt: closesAt.toISOString() };
  return new RefusedError(
    'draw_closed',
    'The draw has closed, so it can no longer be cancelled.',
    [],
    extra,
  );
}
