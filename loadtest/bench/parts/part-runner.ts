/** Runs the measured parts in its own process, so that its CPU time is measured separately. */
import { createLocks, noLocks } from '../../../shared/locks/product-locks.ts';
import { openCheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { connectFailingFast, connectPatiently } from '../../../shared/queue/connections.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import { openStore } from '../../../shared/store/store.ts';
import { serveCalls } from '../system/assistant.ts';
import { type Authentication, prepareAuthentication } from './authentication.ts';
import { insertIntents, makeIntents } from './intents.ts';
import { addJobs, type NoopWorker, prepareNoopWorker } from './jobs.ts';
import type { PartCalls, PartsPlace } from './part-calls.ts';
import { settleInBatches } from './transactions.ts';

async function connectTo({ mongodbUrl, redisUrl, keyPrefix, line, apiKey }: PartsPlace) {
  const store = await openStore(mongodbUrl);
  const onError = () => undefined;
  const redis = connectPatiently({ url: redisUrl, onError });
  const forLocks = connectFailingFast({ url: redisUrl, onError });
  const queue = openCheckoutQueue(redis, keyPrefix);
  const locks = createLocks(forLocks, keyPrefix);
  return { store, redis, forLocks, queue, keyPrefix, line, apiKey, locks };
}

let place: Awaited<ReturnType<typeof connectTo>> | undefined;
let intents: readonly CheckoutRecord[] = [];
let worker: NoopWorker | undefined;
let authentication: Authentication | undefined;

function connected() {
  if (place === undefined) throw new Error('the part runner is not connected');
  return place;
}

/** Returns the ids of the first or the second half of the intents. */
function half(which: 0 | 1): string[] {
  const middle = intents.length / 2;
  return intents.slice(which * middle, (which + 1) * middle).map(({ _id }) => _id);
}

serveCalls({
  connect: async (given) => {
    place = await connectTo(given);
  },
  prepare: async (operations) => {
    const { line, redis, keyPrefix, store, forLocks, apiKey } = connected();
    intents = makeIntents(line, 2 * operations);
    worker = await prepareNoopWorker(redis, keyPrefix);
    const place = { store, redis: forLocks, keyPrefix };
    authentication = await prepareAuthentication(place, apiKey, operations);
  },
  insertIntents: () => insertIntents(connected().store, intents),
  addJobs: () => addJobs(connected().queue, half(0)),
  runJobs: async () => worker?.run(half(0).length),
  settleUnlocked: () => settleInBatches(connected().store, noLocks, half(0)),
  settleLocked: () => settleInBatches(connected().store, connected().locks, half(1)),
  authenticateByKey: async () => authentication?.byKey(),
  authenticateBySignature: async () => authentication?.byKeyAndSignature(),
  tidy: async () => {
    await worker?.close();
    intents = [];
    authentication = undefined;
  },
} satisfies PartCalls);
