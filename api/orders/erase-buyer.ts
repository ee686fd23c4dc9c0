import { type ErasureReport, eraseBuyer } from '../../shared/ledger/erase-buyer.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import type { OrdersContext } from './context.ts';

/** A call ends within this time. The next call erases the rest. */
export const ERASE_TIMEOUT_MS = 30_000;

/**
 * Erases a buyer of the storefront of the caller's shop. The audit log gets an entry before anything
 * is erased, so that it names everyone who must be erased again after a backup was restored, and
 * one with the report, even if that comes after the deadline.
 */
export async function eraseShopsBuyer(
  caller: AuditedCaller<OrdersContext>,
  buyerId: string,
): Promise<ErasureReport> {
  await recordAudit(caller, 'buyer.erasure_started', { target: buyerId });
  return withDeadline('erasing a buyer', ERASE_TIMEOUT_MS, eraseAndRecord(caller, buyerId));
}

async function eraseAndRecord(
  caller: AuditedCaller<OrdersContext>,
  buyerId: string,
): Promise<ErasureReport> {
  const { context, principal } = caller;
  const report = await eraseBuyer(context.ledger, { storefrontId: principal.shopId, buyerId });
  await recordAudit(caller, 'buyer.erased', { target: buyerId, detail: { ...report } });
  return report;
}
