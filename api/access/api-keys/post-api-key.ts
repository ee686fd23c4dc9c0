import { createApiKey } from '../../../shared/access/create-api-key.ts';
import { refuseField } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import type { ApiContext } from '../../context.ts';
import { shopsOnly } from '../../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { NOT_KEPT } from '../auth/open-session.ts';
import { accessOwnedBy } from '../visibility.ts';
import { presentNewKey } from './present-new-key.ts';
import { type ApiKeyRequest, apiKeyRequest, newApiKey } from './schemas.ts';

export const postApiKey = route(
  {
    method: 'post',
    path: '/v1/api-keys',
    tag: 'access',
    summary: 'Make an API key',
    description: 'The key and its signing secret are told this once and stored nowhere.',
    access: shopsOnly,
    body: apiKeyRequest,
    responses: {
      201: { description: 'The key with its secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
    },
  },
  async (input) => {
    const { body, context, principal } = input;
    const { name, scopes, requireSignature, quotaPerMinute } = body;
    const expiresAt = checkedExpiry(context, body);
    checkQuota(context, body);
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
    await recordAudit(input, 'api_key.created', { target: created.id, detail: { name, scopes } });
    return { status: 201, body: presentNewKey(context, created), headers: NOT_KEPT };
  },
);

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
