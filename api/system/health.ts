import { z } from '@hono/zod-openapi';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { route } from '../http/route.ts';

const PROBE_TIMEOUT_MS = 1_000;

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
    tag: 'system',
    summary: 'Whether this process runs',
    access: { anyone: true },
    responses: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
  },
  () => ({ status: 200, body: { status: 'ok' } }),
);

export const getReadiness = route(
  {
    method: 'get',
    path: '/readyz',
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
    const [mongodb, redis] = await Promise.all([
      isAnswering(() => context.store.connection.db?.command({ ping: 1 })),
      isAnswering(() => context.redis.ping()),
    ]);
    const word = (isUp: boolean) => (isUp ? 'ok' : 'unavailable');
    const status = !mongodb ? 'unavailable' : redis ? 'ready' : 'degraded';
    const body = { status, mongodb: word(mongodb), redis: word(redis) };
    return { status: mongodb ? 200 : 503, body };
  },
);

async function isAnswering(ping: () => Promise<unknown> | undefined): Promise<boolean> {
  try {
    await withDeadline('a probe', PROBE_TIMEOUT_MS, Promise.resolve(ping()));
    return true;
  } catch {
    return false;
  }
}
