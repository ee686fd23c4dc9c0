import { type CreatedKey, createApiKey } from '../../../shared/access/create-api-key.ts';
import { refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { type AuditedCaller, recordAudit } from '../../audit/record-audit.ts';
import type { ApiContext } from '../../context.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { accessOwnedBy } from '../visibility.ts';
import type { ApiKeyRequest } from './schemas.ts';

/**
 * Makes a key of the caller's shop.
 * @throws RefusedError invalid_request when it has expired already, or asks for too high a quota
 */
export async function issueKey(caller: AuditedCaller, asked: ApiKeyRequest): Promise<CreatedKey> {
  const { context, principal } = caller;
  const { name, scopes, requireSignature, quotaPerMinute } = asked;
  const expiresAt = checkedExpiry(context, asked);
  checkQuota(context, asked);
  const request = {
    ...accessOwnedBy(principal),
    name,
    scopes,
    ...(requireSignature === true && { requireSignature }),
    ...(quotaPerMinute !== undefined && { quotaPerMinute }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const stored = createApiKey(context.store, request, context.clock.now());
  const created = await withDeadline('storing a key', WRITE_TIMEOUT_MS, stored);
  await recordAudit(caller, 'api_key.created', { target: created.id, detail: { name, scopes } });
  return created;
}

function checkedExpiry({ clock }: ApiContext, { expiresAt }: ApiKeyRequest): Date | undefined {
  if (expiresAt === undefined) return undefined;
  const date = new Date(expiresAt);
  if (date > clock.now()) return date;
  throw refuseField('invalid_request', 'expiresAt', 'This has passed.');
}

/** A shop may lower the quota of a key; only operators may raise it. */
function checkQuota({ config }: ApiContext, { quotaPerMinute = 1 }: ApiKeyRequest): void {
  if (quotaPerMinute <= config.quotas.key) return;
  const message = `${config.quotas.key} requests a minute at most.`;
  throw refuseField('invalid_request', 'quotaPerMinute', message);
}
