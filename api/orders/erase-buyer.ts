import { type ErasureReport, eraseBuyer } from '../../shared/ledger/erase-buyer.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import type { OrdersContext } from './context.ts';

/** The deadline of a call. The next call erases what is left. */
export const ERASE_TIMEOUT_MS = 30_000;

/**
 * Erases the personal data of a buyer of the caller's storefront. The first audit entry is written
 * before anything is erased, so that the log names everyone who must be erased again after a backup
 * was restored. The second entry contains the report, even if the erasure ends after the deadline.
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
