import { rotateApiKey } from '../../../shared/access/change-api-key.ts';
import type { CreatedKey } from '../../../shared/access/create-api-key.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { accessOwnedBy } from '../visibility.ts';
import { noSuchKey } from './key-store.ts';

/**
 * Gives a key of the caller's shop new secrets; as it was it works for `graceSeconds` more. This
 * process forgets at once how it was.
 * @throws RefusedError not_found
 */
export async function rotateKey(
  caller: AuditedCaller,
  keyId: string,
  graceSeconds: number,
): Promise<CreatedKey> {
  const { context, principal } = caller;
  const which = { ...accessOwnedBy(principal), _id: keyId };
  const previousUntil = new Date(context.clock.now().getTime() + graceSeconds * 1_000);
  const work = rotateApiKey(context.store, which, previousUntil);
  const rotated = await withDeadline('rotating a key', WRITE_TIMEOUT_MS, work);
  if (rotated === undefined) throw noSuchKey();
  context.apiKeyCache.forget();
  await recordAudit(caller, 'api_key.rotated', { target: rotated.id, detail: { graceSeconds } });
  return rotated;
}
