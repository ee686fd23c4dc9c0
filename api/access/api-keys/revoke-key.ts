import { revokeApiKey } from '../../../shared/access/change-api-key.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { accessOwnedBy } from '../visibility.ts';
import { noSuchKey } from './key-store.ts';

/**
 * Revokes a key of the caller's shop for good; this process refuses it from now on, the others
 * within seconds.
 * @throws RefusedError not_found, also when it was revoked before
 */
export async function revokeKey(caller: AuditedCaller, keyId: string): Promise<void> {
  const { context, principal } = caller;
  const which = { ...accessOwnedBy(principal), _id: keyId };
  const work = revokeApiKey(context.store, which, context.clock.now());
  if (!(await withDeadline('revoking a key', WRITE_TIMEOUT_MS, work))) throw noSuchKey();
  context.apiKeyCache.forget();
  await recordAudit(caller, 'api_key.revoked', { target: keyId });
}
