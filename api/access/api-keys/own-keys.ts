import {
  type CreatedKey,
  revokeApiKey,
  rotateApiKey,
} from '../../../shared/access/api-key-record.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import type { Store } from '../../../shared/store/store.ts';
import { type AuditedCaller, toAuditRecord } from '../../audit/record-audit.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { type PageQuery, readNewestFirst } from '../../http/paging.ts';
import type { Principal } from '../../http/principal.ts';
import type { AccessContext } from '../context.ts';
import { accessOwnedBy } from '../visibility.ts';
import { presentApiKey } from './schemas.ts';

/**
 * Rotates the secrets of a key of the caller's shop. The current secrets work for `graceSeconds`
 * more; earlier secrets stop working. This process applies the change at once, other processes
 * within seconds.
 * @throws RefusedError not_found
 */
export async function rotateKey(
  caller: AuditedCaller<AccessContext>,
  keyId: string,
  graceSeconds: number,
): Promise<CreatedKey> {
  const { context, principal } = caller;
  const filter = { ...accessOwnedBy(principal), _id: keyId };
  const graceMs = graceSeconds * 1_000;
  const previousUntil = graceMs > 0 ? new Date(context.clock.now().getTime() + graceMs) : undefined;
  const entry = { target: keyId, detail: { graceSeconds } };
  const audit = toAuditRecord(caller, 'api_key.rotated', entry);
  const rotating = rotateApiKey(context.store, filter, previousUntil, audit);
  const rotated = await withDeadline('rotating a key', WRITE_TIMEOUT_MS, rotating);
  if (rotated === undefined) throw noSuchKey();
  context.apiKeyCache.clear();
  return rotated;
}

/**
 * Revokes a key of the caller's shop permanently. This process refuses the key at once, other
 * processes within seconds.
 * @throws RefusedError not_found, also when the key was revoked before
 */
export async function revokeKey(
  caller: AuditedCaller<AccessContext>,
  keyId: string,
): Promise<void> {
  const { context, principal } = caller;
  const filter = { ...accessOwnedBy(principal), _id: keyId };
  const audit = toAuditRecord(caller, 'api_key.revoked', { target: keyId });
  const revoking = revokeApiKey(context.store, filter, context.clock.now(), audit);
  const isRevoked = await withDeadline('revoking a key', WRITE_TIMEOUT_MS, revoking);
  if (!isRevoked) throw noSuchKey();
  context.apiKeyCache.clear();
}

/** Lists the keys of the caller's shop, newest first: all except revoked keys. */
export function listKeys(store: Store, principal: Principal, query: PageQuery) {
  const notRevoked = { ...accessOwnedBy(principal), revokedAt: { $exists: false } };
  return readNewestFirst(store.apiKeys, notRevoked, { list: 'api-keys', ...query }, presentApiKey);
}

function noSuchKey(): RefusedError {
  return new RefusedError('not_found', 'There is no such key.');
}
