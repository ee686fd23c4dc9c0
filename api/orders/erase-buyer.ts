import { type ErasureReport, eraseBuyer } from '../../shared/ledger/erase-buyer.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import type { OrdersContext } from './context.ts';

/** A call ends within this time. The next call erases the rest. */
export const ERASE_TIMEOUT_MS = 30_000;

/** Erases a buyer of the storefront of the caller's shop. */
export async function eraseShopsBuyer(
  caller: AuditedCaller<OrdersContext>,
  buyerId: string,
): Promise<ErasureReport> {
  const { context, principal } = caller;
  const work = eraseBuyer(context.ledger, { storefrontId: principal.shopId, buyerId });
  const report = await withDeadline('erasing a buyer', ERASE_TIMEOUT_MS, work);
  await recordAudit(caller, 'buyer.erased', { target: buyerId, detail: { ...report } });
  return report;
}
