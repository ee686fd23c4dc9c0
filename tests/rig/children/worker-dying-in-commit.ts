/**
 * The worker, killed between its first stock write and the commit. Its transaction stays open, with
 * the stock of a variant written, and its locks and jobs stay taken.
 */
import { writable } from '../../../shared/store/writable.ts';
import { readConfig } from '../../../worker/config.ts';
import { startWorker } from '../../../worker/context.ts';

const worker = await startWorker(readConfig());
const { stock } = writable(worker.store);
const bulkWrite = stock.bulkWrite.bind(stock);
stock.bulkWrite = (async (...call: Parameters<typeof bulkWrite>) => {
  await bulkWrite(...call);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}) as typeof stock.bulkWrite;
process.send?.({ type: 'ready' });
process.on('disconnect', () => process.exit(0));
