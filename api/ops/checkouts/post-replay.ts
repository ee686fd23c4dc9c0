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
    summary: 'Replay a failed checkout',
    description:
      'Queues the checkout again; the recovery sweep adds its job within seconds. Requires ' +
      'OPS_BOARD_WRITABLE=true.',
    access: { operator: true },
    params: checkoutParams,
    responses: {
      202: { description: 'The checkout is queued again.', schema: replayedCheckout },
      403: {
        description: 'Changes are switched off, or a page of another site caused the request.',
      },
      404: { description: 'No such checkout.' },
      409: {
        description:
          'The checkout has not failed (`checkout_not_failed`), or its cart was changed meanwhile ' +
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
