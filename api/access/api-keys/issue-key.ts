import { type CreatedKey, createApiKey } from '../../../shared/access/api-key-record.ts';
import { API_KEYS_PER_SHOP_MAX } from '../../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import { READ_TIMEOUT_MS, WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import type { AccessContext } from '../context.ts';
import { accessOwnedBy } from '../visibility.ts';
import type { ApiKeyRequest } from './schemas.ts';

/**
 * A revoked or expired key counts for one more quota window, so a shop gains no requests by
 * replacing keys.
 */
const COUNTED_AFTER_END_MS = 60_000;

/**
 * Creates a key of the caller's shop.
 * @throws RefusedError too_many_keys, or invalid_request when `expiresAt` has passed or the quota
 * is too high
 */
export async function issueKey(
  caller: AuditedCaller<AccessContext>,
  request: ApiKeyRequest,
): Promise<CreatedKey> {
  const { context, principal } = caller;
  const { name, scopes, requireSignature, quotaPerMinute } = request;
  const expiresAt = checkExpiry(context, request);
  checkQuota(context, request);
  const key = {
    ...accessOwnedBy(principal),
    name,
    scopes,
    ...(requireSignature === true && { requireSignature }),
    ...(quotaPerMinute !== undefined && { quotaPerMinute }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const storing = createApiKey(context.store, key, context.clock.now());
  const created = await withDeadline('storing a key', WRITE_TIMEOUT_MS, storing);
  try {
    await checkCount(context, created);
  } catch (error) {
    await context.store.apiKeys.deleteOne({ _id: created.id });
    throw error;
  }
  await recordAudit(caller, 'api_key.created', { target: created.id, detail: { name, scopes } });
  return created;
}

/** @throws RefusedError invalid_request */
function checkExpiry({ clock }: AccessContext, { expiresAt }: ApiKeyRequest): Date | undefined {
  if (expiresAt === undefined || expiresAt > clock.now()) return expiresAt;
  throw refuseField('invalid_request', 'expiresAt', 'This time has passed.');
}

/**
 * Checks that the shop of a new key is within its limit of keys. The new key is already stored and
 * counted, so concurrent requests see each other's keys.
 * @throws RefusedError too_many_keys
 */
async function checkCount({ store, clock }: AccessContext, { record }: CreatedKey): Promise<void> {
  const endedAt = new Date(clock.now().getTime() - COUNTED_AFTER_END_MS);
  const count = await store.apiKeys.countDocuments(
    {
      shopId: record.shopId,
      $nor: [{ revokedAt: { $lte: endedAt } }, { expiresAt: { $lte: endedAt } }],
    },
    { limit: API_KEYS_PER_SHOP_MAX + 1, maxTimeMS: READ_TIMEOUT_MS },
  );
  if (count <= API_KEYS_PER_SHOP_MAX) return;
  const detail =
    `A shop has at most ${API_KEYS_PER_SHOP_MAX} keys. Revoke a key that you no longer need; it ` +
    'counts for one more minute.';
  throw new RefusedError('too_many_keys', detail);
}

/**
 * Checks that a key gets no quota above the system's limit for a key, which only operators set.
 * @throws RefusedError invalid_request
 */
function checkQuota({ config }: AccessContext, { quotaPerMinute }: ApiKeyRequest): void {
  if (quotaPerMinute === undefined || quotaPerMinute <= config.quotas.key) return;
  const message = `At most ${config.quotas.key} requests a minute.`;
  throw refuseField('invalid_request', 'quotaPerMinute', message);
}
