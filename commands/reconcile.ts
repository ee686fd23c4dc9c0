/** `npm run reconcile`: recomputes stock and discount uses, prints every difference, and repairs. */
import { parseArgs } from 'node:util';
import { reconcile } from '../shared/ledger/judging/reconcile.ts';
import { takeVerdict } from '../shared/ledger/judging/verdict.ts';
import { createLocks, noLocks } from '../shared/locks/product-locks.ts';
import { connectFailingFast } from '../shared/queue/connections.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { openStore } from '../shared/store/store.ts';
import { findRecordAddress } from './reconcile/record-address.ts';
import { toReport } from './reconcile/report.ts';

printHelpIfAsked(`
npm run reconcile [-- --fix] [--json]: recomputes every stock level from orders and movements and
every discount's uses from orders, and compares every order with its checkout, at one snapshot and
while work goes on; prints every difference and then the verdict as JSON.
  --fix   repairs what arithmetic can repair, and looks again; orders say what is reserved and sold
          and what uses a discount, deliveries and counts less what is sold what is on hand; each
          repair is a movement or an audit entry of its own
  --json  prints {differences, repaired, unrepairable, left, verdict} instead
Ends with 1 if there are differences, with --fix if any are left, or if the verdict is not ok; with
2 if it could not look.
The record is the one at MONGODB_URL, else that of the system running on DATA_DIR. Repairs take
the product locks in Redis (REDIS_URL) if there is one.`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      fix: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const env = readEnv();
  const address = await findRecordAddress(env);
  const store = await openStore(address.mongodbUrl);
  const redis =
    values.fix && address.redisUrl !== undefined
      ? connectFailingFast({ url: address.redisUrl, onError: () => undefined })
      : undefined;
  try {
    const locks = redis === undefined ? noLocks : createLocks(redis, env.keyPrefix);
    const reservationTtlMs = env.reservationTtlS * 1_000;
    const context = { store, locks, clock: systemClock, reservationTtlMs };
    const found = await reconcile(context, { fix: values.fix });
    const verdict = await takeVerdict(store, { drained: false });
    console.log(values.json ? JSON.stringify({ ...found, verdict }) : toReport(found, verdict));
    return found.left.length === 0 && verdict.ok ? 0 : 1;
  } finally {
    redis?.disconnect();
    await store.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 2;
}
