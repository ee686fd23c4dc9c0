/** `npm run worker`: one worker process. */
import {
  configOrExit,
  printHelpIfAsked,
  readArguments,
  startOrExit,
} from '../shared/runtime/command-line.ts';
import { ignoreOutputErrors } from '../shared/runtime/output.ts';
import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { readConfig } from './config.ts';
import { startWorker } from './context.ts';
import { serveMetrics } from './metrics/serve-metrics.ts';
import { createWorkerMetrics } from './metrics/worker-metrics.ts';

ignoreOutputErrors();
printHelpIfAsked(`
npm run worker: one worker process, on the MongoDB and Redis of MONGODB_URL and REDIS_URL. It
settles checkouts, expires reservations, relays events, sends webhooks and finishes the imports of
API processes that have died. It ends on SIGTERM.
Other settings are in .env.example.`);
readArguments(0);

const config = configOrExit(readConfig);
const metrics = createWorkerMetrics();
// The metrics server starts before any job is taken, because the process exits if the port cannot
// be opened.
const { metrics: metricsConfig } = config;
const server = metricsConfig && (await startOrExit(() => serveMetrics(metrics, metricsConfig)));
const worker = await startOrExit(() => startWorker(config, { metrics }));

worker.log.info({ id: worker.id }, 'settling');
process.send?.({ type: 'ready' });

drainOnSignal(worker.log, async () => {
  await worker.close();
  await server?.close();
});
