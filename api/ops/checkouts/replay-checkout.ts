import { RefusedError } from '../../../shared/domain/errors.ts';
import { unparkCheckout } from '../../../shared/ledger/park-checkout.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, toAuditDraft } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { OpsContext } from '../context.ts';
import { findStatus, noSuchCheckout } from './history-store.ts';

/**
 * Queues a failed checkout again, or lets an entry of a draw wait again. Returns the new status.
 * @throws RefusedError not_found, checkout_not_failed with the status, cart_changed or draw_closed
 */
export async function replayCheckout(
  caller: AuditedCaller<OpsContext>,
  checkoutId: string,
): Promise<'queued' | 'waiting'> {
  const { context } = caller;
  const audit = toAuditDraft(caller, 'ops.checkout_replayed', { target: checkoutId });
  const work = unparkCheckout(context.ledger, checkoutId, audit);
  if (await withDeadline('replaying', WRITE_TIMEOUT_MS, work)) {
    const ofDraw = { _id: checkoutId, drawId: { $exists: true } };
    const options = { projection: { _id: 1 }, maxTimeMS: READ_TIMEOUT_MS };
    const entry = await context.store.checkouts.findOne(ofDraw, options);
    return entry === null ? 'queued' : 'waiting';
  }
  const status = await findStatus(context.store, checkoutId);
  if (status === undefined) throw noSuchCheckout();
  const detail = `Only a failed checkout can be replayed; this one is ${status}.`;
  throw new RefusedError('checkout_not_failed', detail, [], { checkoutStatus: status });
}
