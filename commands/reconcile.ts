/**
 * `npm run reconcile`: recomputes stock, discount uses and orders, prints every difference, and
 * repairs the differences with `--fix`.
 */
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
every discount's uses from orders, compares every order with its checkout, and the purchases of each
buyer with the limits. It reads the records in ranges, each at its own snapshot, and is safe while the
system runs. It prints every difference and then the verdict as JSON.
  --fix   repairs the differences whose right value can be computed, then checks again. Orders
          determine the reserved and sold units and the discount uses. The units on hand are those
          of the stock adjustments, minus the sold units. The orders of a draw determine what it
          still holds. Each repair is a separate movement or audit entry
  --json  prints {differences, repaired, unrepairable, left, verdict} instead
Exit codes: 1 if there are differences (with --fix: if any are left) or the verdict is not ok; 2 if
the check could not run.
Uses the database at MONGODB_URL, or the database of the system that runs on DATA_DIR. Repairs take
the product locks in the Redis at REDIS_URL or of that system; with neither, they take no locks.`);

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
    const result = await reconcile(context, { fix: values.fix });
    const verdict = await takeVerdict(store, { drained: false });
    console.log(values.json ? JSON.stringify({ ...result, verdict }) : toReport(result, verdict));
    return result.left.length === 0 && verdict.ok ? 0 : 1;
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
