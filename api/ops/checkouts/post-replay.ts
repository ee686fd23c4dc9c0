import { z } from '@hono/zod-openapi';
import { RefusedError } from '../../../shared/domain/errors.ts';
import { unparkCheckout } from '../../../shared/ledger/park-checkout.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';
import { recordAudit } from '../../audit/record-audit.ts';
import { route } from '../../http/route.ts';
import { checkoutParams } from './schemas.ts';

const REPLAY_TIMEOUT_MS = 5_000;

export const postReplay = route(
  {
    method: 'post',
    path: '/ops/checkouts/{id}/replay',
    tag: 'operations',
    summary: 'Try a failed checkout again',
    description:
      'Queues it again; the recovery sweep adds its job within seconds. Needs ' +
      'OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      202: {
        description: 'It is queued again.',
        schema: z.object({ id: z.string(), status: z.literal('queued') }),
      },
      403: { description: 'Operators may only look here, or another site asked for it.' },
      404: { description: 'No such checkout.' },
      409: {
        description:
          'It has not failed (`checkout_not_failed`), or its buyer has gone on with its cart ' +
          '(`cart_changed`).',
      },
    },
  },
  async (input) => {
    const { context } = input;
    const { id } = input.params;
    const work = unparkCheckout(context.ledger, id);
    if (await withDeadline('replaying', REPLAY_TIMEOUT_MS, work)) {
      await recordAudit(input, 'ops.checkout_replayed', { target: id });
      return { status: 202, body: { id, status: 'queued' } };
    }
    const found = await context.store.checkouts.collection.findOne<{ status: string }>(
      { _id: id as never },
      { projection: { status: 1 }, maxTimeMS: REPLAY_TIMEOUT_MS },
    );
    if (found === null) throw new RefusedError('not_found', 'There is no such checkout.');
    const detail = `Only a failed checkout can be tried again; this one is ${found.status}.`;
    throw new RefusedError('checkout_not_failed', detail, [], { checkoutStatus: found.status });
  },
);
