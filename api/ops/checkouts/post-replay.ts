import { z } from '@hono/zod-openapi';
import { EXAMPLE_IDS } from '../../../shared/contract/example-ids.ts';
import { route } from '../context.ts';
import { replayCheckout } from './replay-checkout.ts';
import { checkoutParams } from './schemas.ts';

const replayedCheckout = z
  .object({ id: z.string(), status: z.literal('queued') })
  .openapi('ReplayedCheckout', { example: { id: EXAMPLE_IDS.checkout, status: 'queued' } });

export const postReplay = route(
  {
    method: 'post',
    path: '/ops/checkouts/{id}/replay',
    operationId: 'operations.replayCheckout',
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
        schema: replayedCheckout,
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
    const { id } = input.params;
    await replayCheckout(input, id);
    return { status: 202, body: { id, status: 'queued' } };
  },
);
