import type { StockLevel } from '../../shared/domain/vocabulary.ts';
import { setLowStockThreshold } from '../../shared/ledger/stock-levels.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { InventoryContext } from './context.ts';
import { findLevel, noSuchVariant } from './stock-store.ts';

/**
 * Sets when the stock of one of the caller's variants counts as low; null for never.
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
