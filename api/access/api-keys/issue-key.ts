import { type CreatedKey, createApiKey } from '../../../shared/access/api-key-record.ts';
import { inAuditedTransaction } from '../../../shared/audit/in-audited-transaction.ts';
import { API_KEYS_PER_SHOP_MAX } from '../../../shared/contract/limits.ts';
import { RefusedError, refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { Session } from '../../../shared/store/store.ts';
import { type AuditedCaller, toAuditRecord } from '../../audit/record-audit.ts';
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
  const issue = async (session: Session) => {
    await checkCount(context, key.shopId, session);
    return createApiKey(context.store, key, context.clock.now(), session);
  };
  const issuing = inAuditedTransaction(context.store, issue, ({ id: target }) =>
    toAuditRecord(caller, 'api_key.created', { target, detail: { name, scopes } }),
  );
  return withDeadline('storing a key', WRITE_TIMEOUT_MS, issuing);
}

/** @throws RefusedError invalid_request */
function checkExpiry({ clock }: AccessContext, { expiresAt }: ApiKeyRequest): Date | undefined {
  if (expiresAt === undefined || expiresAt > clock.now()) return expiresAt;
  throw refuseField('invalid_request', 'expiresAt', 'This time has passed.');
}

/**
 * Checks, in the transaction that stores a new key, that the shop may have one more. The
 * transaction also changes the shop, so of concurrent requests all but one run again and then count
 * its key.
 * @throws RefusedError too_many_keys
 */
async function checkCount(
  { store, clock }: AccessContext,
  shopId: string,
  session: Session,
): Promise<void> {
  await store.shops.updateOne({ _id: shopId }, { $inc: { keysIssued: 1 } }, { session });
  const endedAt = new Date(clock.now().getTime() - COUNTED_AFTER_END_MS);
  const count = await store.apiKeys.countDocuments(
    {
      shopId,
      $nor: [{ revokedAt: { $lte: endedAt } }, { expiresAt: { $lte: endedAt } }],
    },
    { limit: API_KEYS_PER_SHOP_MAX, maxTimeMS: READ_TIMEOUT_MS, session },
  );
  if (count < API_KEYS_PER_SHOP_MAX) return;
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
