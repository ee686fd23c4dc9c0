import { z } from '@hono/zod-openapi';
import { revokeApiKey } from '../../../shared/access/change-api-key.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { shopsOnly } from '../../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { accessOwnedBy } from '../visibility.ts';

export const deleteApiKey = route(
  {
    method: 'delete',
    path: '/v1/api-keys/{id}',
    tag: 'access',
    summary: 'Revoke an API key',
    description:
      'For good: within five seconds no process takes it any more, nor the buyers it let in.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    responses: {
      204: { description: 'It is revoked.' },
      404: { description: 'No such key of the caller’s shop, or it was revoked before.' },
    },
  },
  async (input) => {
    const { context, params, principal } = input;
    const which = { ...accessOwnedBy(principal), _id: params.id };
    const work = revokeApiKey(context.store, which, context.clock.now());
    if (!(await withDeadline('revoking a key', WRITE_TIMEOUT_MS, work))) {
      throw new RefusedError('not_found', 'There is no such key.');
    }
    context.keyRing.forget();
    await recordAudit(input, 'api_key.revoked', { target: params.id });
    return { status: 204 };
  },
);
