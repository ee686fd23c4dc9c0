import { z } from '@hono/zod-openapi';
import { rotateApiKey } from '../../../shared/access/change-api-key.ts';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { shopsOnly } from '../../http/access.ts';
import { WRITE_TIMEOUT_MS } from '../../http/bounds.ts';
import { route } from '../../http/route.ts';
import { NOT_KEPT } from '../auth/open-session.ts';
import { accessOwnedBy } from '../visibility.ts';
import { presentNewKey } from './present-new-key.ts';
import { newApiKey, rotateRequest } from './schemas.ts';

export const postRotate = route(
  {
    method: 'post',
    path: '/v1/api-keys/{id}/rotate',
    tag: 'access',
    summary: 'Give an API key new secrets',
    description:
      'It keeps its id and what it made. As it was it works for `graceSeconds` more, an hour ' +
      'unless told; one that has leaked is rotated with 0.',
    access: shopsOnly,
    params: z.object({ id: z.string() }),
    body: rotateRequest,
    isBodyOptional: true,
    responses: {
      200: { description: 'The key with its new secrets.', schema: newApiKey },
      400: { description: 'Bad input.' },
      404: { description: 'No such key of the caller’s shop.' },
    },
  },
  async (input) => {
    const { body, context, params, principal } = input;
    const { graceSeconds } = body;
    const which = { ...accessOwnedBy(principal), _id: params.id };
    const previousUntil = new Date(context.clock.now().getTime() + graceSeconds * 1_000);
    const work = rotateApiKey(context.store, which, previousUntil);
    const rotated = await withDeadline('rotating a key', WRITE_TIMEOUT_MS, work);
    if (rotated === undefined) throw new RefusedError('not_found', 'There is no such key.');
    context.keyRing.forget();
    await recordAudit(input, 'api_key.rotated', { target: rotated.id, detail: { graceSeconds } });
    return { status: 200, body: presentNewKey(context, rotated), headers: NOT_KEPT };
  },
);
