import { z } from '@hono/zod-openapi';
import { route } from '../context.ts';
import { switchSettling } from './switch-settling.ts';

const settling = z
  .object({ isPaused: z.boolean() })
  .openapi('Settling', { example: { isPaused: true } });

const shared = {
  method: 'post',
  tag: 'operations',
  access: { operator: true },
  responses: {
    200: { description: 'The new state of the queues.', schema: settling },
    503: { description: 'Redis did not answer; repeat the call.' },
  },
} as const;

export const postPause = route(
  {
    ...shared,
    path: '/ops/settling/pause',
    operationId: 'operations.pauseSettling',
    summary: 'Pause settling',
    description:
      'Pauses the queues of all partitions. Checkouts are still accepted and stay queued until settling ' +
      'is resumed. Batches that workers have taken are still settled. Units that come back still go to ' +
      'waiting checkouts, and draws still place their winners; end the sale of a product to stop these ' +
      'as well. Requires OPS_BOARD_WRITABLE=true.',
  },
  async (input) => {
    await switchSettling(input, true);
    return { status: 200, body: { isPaused: true } };
  },
);

export const postResume = route(
  {
    ...shared,
    path: '/ops/settling/resume',
    operationId: 'operations.resumeSettling',
    summary: 'Resume settling',
    description:
      'Resumes the queues of all partitions; the oldest checkouts are settled first. Requires ' +
      'OPS_BOARD_WRITABLE=true.',
  },
  async (input) => {
    await switchSettling(input, false);
    return { status: 200, body: { isPaused: false } };
  },
);
