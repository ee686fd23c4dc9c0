/**
 * A server that accepts a checkout's POST and does nothing, with which the cost of HTTP alone is
 * measured.
 */
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { freePort } from '../../../shared/services/processes/ports.ts';
import { serveCalls } from '../system/assistant.ts';
import type { NoopServerCalls } from './part-calls.ts';

const HOST = '127.0.0.1';
/** A body as long as the API's response. */
const ANSWER = JSON.stringify({
  id: 'chk_00000000000000000000000000',
  status: 'queued',
  buyerId: 'buyer-00000',
  currency: 'GBP',
  total: 1_900,
  acceptedAt: new Date(0).toISOString(),
});

const app = new Hono();
app.post('/v1/checkouts', async (c) => {
  await c.req.text();
  return c.body(ANSWER, 202, { 'content-type': 'application/json' });
});

const listen = async () => {
  const port = await freePort();
  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(port, HOST, resolve));
  return `http://${HOST}:${port}`;
};

serveCalls({ listen } satisfies NoopServerCalls);
