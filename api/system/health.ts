import { z } from '@hono/zod-openapi';
import { route } from '../http/route.ts';
import { probeServices } from './probe-services.ts';

const dependency = z.enum(['ok', 'unavailable']);
const readiness = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    mongodb: dependency,
    redis: dependency,
  })
  .openapi('Readiness');

export const getHealth = route(
  {
    method: 'get',
    path: '/healthz',
    operationId: 'system.getHealth',
    tag: 'system',
    summary: 'Whether this process runs',
    description: 'Asks neither MongoDB nor Redis.',
    access: { anyone: true },
    responses: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
  },
  () => ({ status: 200, body: { status: 'ok' } }),
);

export const getReadiness = route(
  {
    method: 'get',
    path: '/readyz',
    operationId: 'system.getReadiness',
    tag: 'system',
    summary: 'Whether this process can serve',
    description:
      'Without Redis it is degraded: checkouts are still accepted, and settled once Redis is back.',
    access: { anyone: true },
    responses: {
      200: { description: 'Ready or degraded.', schema: readiness },
      503: { description: 'The record cannot be reached.', schema: readiness },
    },
  },
  async ({ context }) => {
    const body = await probeServices(context);
    return { status: body.status === 'unavailable' ? 503 : 200, body };
  },
);
