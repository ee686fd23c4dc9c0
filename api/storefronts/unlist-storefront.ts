import { RefusedError } from '../../shared/domain/errors.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../http/bounds.ts';
import type { StorefrontsContext } from './context.ts';
import { removeListing } from './storefront-store.ts';

/**
 * Removes a storefront from the shop's list. Sales end at once in this process, and within a second
 * in the others. Confirmations are refused at once in all processes.
 * @throws RefusedError not_found
 */
export async function unlistStorefront(
  caller: AuditedCaller<StorefrontsContext>,
  id: string,
): Promise<void> {
  const { context, principal } = caller;
  const work = removeListing(context.store, principal, id);
  const removed = await withDeadline('removing a storefront', WRITE_TIMEOUT_MS, work);
  if (removed === undefined) throw new RefusedError('not_found', 'There is no such storefront.');
  context.storefrontPolicies.forget(principal.shopId);
  const { shopId, keyId } = removed;
  await recordAudit(caller, 'storefront.unlisted', { target: id, detail: { shopId, keyId } });
}
