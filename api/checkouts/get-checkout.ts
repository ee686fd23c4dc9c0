import { z } from '@hono/zod-openapi';
import { WAIT_SECONDS_MAX } from '../../shared/contract/limits.ts';
import { storefronts } from '../http/access.ts';
import { closeSignal } from '../http/close-signal.ts';
import { route } from './context.ts';
import { presentCheckout } from './present.ts';
import { checkout } from './schemas.ts';
import { preferredWaitMs, waitForOutcome } from './wait-for-outcome.ts';

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
        .openapi({ example: 'wait=10' })
        .describe('`wait=N` waits up to N seconds, 30 at most, for the outcome.'),
    }),
    responses: {
      200: { description: 'The checkout as it stands.', schema: checkout },
      401: { description: 'No valid key or token, or it ended during the wait.' },
      404: { description: 'No such checkout of this caller.' },
      429: {
        description: 'The quota is used up, or too many wait already (`too_many_waits`).',
        headers: { 'Retry-After': 'Seconds.' },
      },
    },
  },
  async (input) => {
    const { c, params } = input;
    const waitMs = preferredWaitMs(c.req.header('prefer'));
    const signal = waitMs > 0 ? closeSignal(c) : undefined;
    const record = await waitForOutcome(input, params.id, { waitMs, signal });
    return { status: 200, body: presentCheckout(record) };
  },
);
