import { z } from '@hono/zod-openapi';
import { WAIT_SECONDS_MAX } from '../../shared/contract/limits.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import { storefronts } from '../http/access.ts';
import { route } from '../http/route.ts';
import { visibleTo } from './find-checkout.ts';
import { preferredWaitMs } from './prefer-wait.ts';
import { presentCheckout } from './present.ts';
import { checkout } from './schemas.ts';

/** What reading may take on top of the wait that the caller prefers. */
const ANSWER_SECONDS = 8;

export const getCheckout = route(
  {
    method: 'get',
    path: '/v1/checkouts/{id}',
    operationId: 'checkouts.get',
    tag: 'checkouts',
    summary: 'Ask for a checkout’s outcome',
    description: 'A refusal is an outcome, not an error: it is answered with 200 too.',
    access: storefronts('checkouts:write'),
    timeoutMs: (WAIT_SECONDS_MAX + ANSWER_SECONDS) * 1_000,
    params: z.object({ id: z.string() }),
    headers: z.object({
      Prefer: z
        .string()
        .optional()
        .describe('`wait=N` waits up to N seconds, 30 at most, for the outcome.'),
    }),
    responses: {
      200: { description: 'The checkout as it stands.', schema: checkout },
      404: { description: 'No such checkout of this caller.' },
    },
  },
  async ({ c, context, params, principal }) => {
    const waitMs = preferredWaitMs(c.req.header('prefer'));
    const check = (found: CheckoutRecord | undefined) => visibleTo(principal, found);
    const record = check(await context.outcomes.settled(params.id, waitMs, check));
    return { status: 200, body: presentCheckout(record) };
  },
);
