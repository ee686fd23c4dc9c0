/**
 * A process that runs the parts of a checkout's path for the bench, so that their CPU time is
 * measured separately from the CPU time of the bench.
 */
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { createLocks, type Locks, noLocks } from '../../../shared/locks/product-locks.ts';
import { openCheckoutQueue } from '../../../shared/queue/checkout-queue.ts';
import { connectFailingFast, connectPatiently } from '../../../shared/queue/connections.ts';
import { systemClock } from '../../../shared/runtime/clock.ts';
import type { CheckoutRecord } from '../../../shared/store/collections/checkouts.ts';
import { openStore } from '../../../shared/store/store.ts';
import { toChunks } from '../chunks.ts';
import { serveCalls } from '../system/assistant.ts';
import { type Authentication, prepareAuthentication } from './authentication.ts';
import { insertIntents, makeIntents } from './intents.ts';
import { addJobs, type NoopWorker, prepareNoopWorker } from './jobs.ts';
import type { PartCalls, PartName, PartsPlace } from './part-calls.ts';

const BATCH = 256;
const DAY_MS = 86_400_000;

async function connectTo({ mongodbUrl, redisUrl, keyPrefix, line, apiKey }: PartsPlace) {
  const store = await openStore(mongodbUrl);
  const onError = () => undefined;
  const redis = connectPatiently({ url: redisUrl, onError });
  const lockRedis = connectFailingFast({ url: redisUrl, onError });
  const queue = openCheckoutQueue(redis, keyPrefix);
  const locks = createLocks(lockRedis, keyPrefix);
  return { store, redis, lockRedis, queue, keyPrefix, line, apiKey, locks };
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
function idsOfHalf(which: 0 | 1): string[] {
  const middle = intents.length / 2;
  return intents.slice(which * middle, (which + 1) * middle).map(({ _id }) => _id);
}

/** Settles stored checkouts in full batches, one batch at a time. */
async function settle(locks: Locks, checkoutIds: readonly string[]): Promise<void> {
  const { store } = connected();
  const ledger = { store, locks, clock: systemClock, reservationTtlMs: DAY_MS };
  for (const batch of toChunks(checkoutIds, BATCH)) {
    const settled = await settleCheckouts(ledger, batch);
    const unplaced = settled.find(({ status }) => status !== 'placed');
    if (unplaced !== undefined)
      throw new Error(`${unplaced.checkoutId} is ${unplaced.status} instead of placed`);
  }
}

const parts: Readonly<Record<PartName, () => Promise<void> | undefined>> = {
  insertIntents: () => insertIntents(connected().store, intents),
  addJobs: () => addJobs(connected().queue, idsOfHalf(0)),
  runJobs: () => worker?.run(idsOfHalf(0).length),
  settleUnlocked: () => settle(noLocks, idsOfHalf(0)),
  settleLocked: () => settle(connected().locks, idsOfHalf(1)),
  authenticateByKey: () => authentication?.byKey(),
  authenticateBySignature: () => authentication?.byKeyAndSignature(),
};

serveCalls({
  connect: async (partsPlace) => {
    place = await connectTo(partsPlace);
  },
  prepare: async (operations) => {
    const { line, redis, keyPrefix, store, lockRedis, apiKey } = connected();
    intents = makeIntents(line, 2 * operations);
    worker = await prepareNoopWorker(redis, keyPrefix);
    const authPlace = { store, redis: lockRedis, keyPrefix };
    authentication = await prepareAuthentication(authPlace, apiKey, operations);
  },
  run: async (part) => parts[part](),
  tidy: async () => {
    await worker?.close();
    intents = [];
    authentication = undefined;
  },
} satisfies PartCalls);
