/**
 * The API, killed at a given point of a checkout. `DIE_AT` is the point, `DIE_AFTER` the number of
 * checkouts before that checkout. It tests the promise that a 202 is never lost.
 */

import { createApp } from '../../../api/app.ts';
import { readConfig } from '../../../api/config.ts';
import { type ApiContext, createContext } from '../../../api/context.ts';
import { createApiServer } from '../../../api/server/create-server.ts';
import { childEnv } from '../../../shared/runtime/env.ts';

const env = childEnv();
const point = env['DIE_AT'];
const after = Number(env['DIE_AFTER']);
let stored = 0;
let enqueued = 0;
let answered = 0;

function dieAt(at: string): void {
  if (at === point) process.kill(process.pid, 'SIGKILL');
}

const config = readConfig();
const real = await createContext(config);
const bulk = real.store.checkouts;
const insertMany = bulk.insertMany.bind(bulk);
// Intents are stored in groups; a checkout is counted when its group is sent.
bulk.insertMany = (async (...call: Parameters<typeof insertMany>) => {
  stored += call[0].length;
  if (stored > after) dieAt('before-store');
  const storing = insertMany(...call);
  if (stored > after && point === 'while-storing') setImmediate(() => dieAt(point));
  const result = await storing;
  if (stored > after) dieAt('after-store');
  return result;
}) as typeof bulk.insertMany;

for (const bull of real.queue.bulls) {
  const addBulk = bull.addBulk.bind(bull);
  bull.addBulk = (async (...call: Parameters<typeof addBulk>) => {
    enqueued += call[0].reduce((sum, { data }) => sum + data.checkouts.length, 0);
    const adding = addBulk(...call);
    if (enqueued > after && point === 'while-enqueueing') setImmediate(() => dieAt(point));
    const result = await adding;
    if (enqueued > after) dieAt('after-enqueue');
    return result;
  }) as typeof addBulk;
}

const context: ApiContext = real;
const server = createApiServer(context, createApp(context).fetch);
server.on('request', (_request, response) => {
  response.once('finish', () => {
    if (answered === after) dieAt('after-answer');
    answered += 1;
  });
});
server.listen(config.port, config.host, () => process.send?.({ type: 'ready' }));
process.on('disconnect', () => process.exit(0));
