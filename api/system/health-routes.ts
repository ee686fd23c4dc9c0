import { z } from '@hono/zod-openapi';
import { route } from './context.ts';
import { presentHealth, readiness } from './present-health.ts';

const health = z
  .object({ status: z.literal('ok') })
  .openapi('Health', { example: { status: 'ok' } });

export const getHealth = route(
  {
    method: 'get',
    path: '/healthz',
    operationId: 'system.getHealth',
    tag: 'system',
    summary: 'Check that this process runs',
    description: 'Does not depend on MongoDB or Redis.',
    access: { anyone: true },
    lane: 'status',
    responses: { 200: { description: 'The process runs.', schema: health } },
  },
  () => ({ status: 200, body: { status: 'ok' } }),
);

export const getReadiness = route(
  {
    method: 'get',
    path: '/readyz',
    operationId: 'system.getReadiness',
    tag: 'system',
    summary: 'Check whether this process can serve requests',
    description:
      'Every 2 s the process writes to MongoDB and to Redis, as its work does. This route returns ' +
      'the latest result. If that has problems and is older than 0.5 s, the route checks again ' +
      'first, for at most 0.6 s. ' +
      '`degraded`: checkouts are accepted and stored, but may wait, ' +
      'because Redis or workers have problems. `unavailable`: MongoDB cannot be written to, so ' +
      'nothing is accepted. `problems` lists each part that has a problem.',
    access: { anyone: true },
    lane: 'status',
    responses: {
      200: { description: 'Ready or degraded.', schema: readiness },
      503: {
        description: 'MongoDB cannot be written to, or this process is about to end (`draining`).',
        schema: readiness,
      },
    },
  },
  async ({ context }) => {
    const body = presentHealth(await context.health.current());
    if (context.draining.isDraining) return { status: 503, body: { ...body, status: 'draining' } };
    return { status: body.status === 'unavailable' ? 503 : 200, body };
  },
);
