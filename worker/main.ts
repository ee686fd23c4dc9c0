import { drainOnSignal } from '../shared/runtime/shutdown.ts';
import { readConfig } from './config.ts';
import { startWorker } from './context.ts';

const worker = await startWorker(readConfig());

worker.log.info('settling');
process.send?.({ type: 'ready' });

drainOnSignal(worker.log, () => worker.close());
