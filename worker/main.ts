/** `npm run worker`: one worker process. */
import { argumentsAtMost, configOrExit, printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { readConfig } from './config.ts';
import { startWorker } from './context.ts';

printHelpIfAsked(`
npm run worker: one worker process, on the MongoDB and Redis of MONGODB_URL and REDIS_URL. It
settles checkouts, expires reservations, relays events and sends webhooks, and ends on SIGTERM.
What else can be set stands in .env.example.`);
argumentsAtMost(0);

const worker = await startWorker(configOrExit(readConfig));

worker.log.info('settling');
process.send?.({ type: 'ready' });

drainOnSignal(worker.log, () => worker.close());
