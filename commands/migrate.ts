/** `npm run migrate`: migrates the database to this version, or lists the migrations. */
import { parseArgs } from 'node:util';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { checkIndexes } from '../shared/store/indexes.ts';
import { migrate, readPlan } from '../shared/store/migrate.ts';
import { openStore } from '../shared/store/store.ts';
import { toTable } from './migrate/table.ts';
import { findRecordAddress } from './reconcile/record-address.ts';

printHelpIfAsked(`
npm run migrate [-- --list]: migrates the database to this version. Every process does this when it
starts; use this command to migrate in advance, or to list the migrations. It is safe to run it while
the system runs, repeatedly and several times at once: one process runs each migration once. If that
process is killed, another process takes over after 15 s.
  --list  changes nothing; prints the completed migrations with their times, and the pending ones
Exit codes: 0 if nothing is pending; 1 if a migration failed or, with --list, if some are pending;
2 if an option is unknown, or the database cannot be read or does not belong to Lastunit.
Uses the database at MONGODB_URL, or the database of the system that runs on DATA_DIR.`);

const FAILED = 1;
const UNREADABLE = 2;
let failureCode = UNREADABLE;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { list: { type: 'boolean', default: false } } });
  const { mongodbUrl } = await findRecordAddress(readEnv());
  const store = await openStore(mongodbUrl);
  try {
    const plan = await readPlan(store);
    if (values.list) {
      console.log(toTable(plan));
      return plan.pending.length === 0 ? 0 : FAILED;
    }
    failureCode = FAILED;
    const ran = await migrate(store, { notify: (notice) => console.log(notice) });
    await checkIndexes(store);
    for (const id of ran) console.log(`done  ${id}`);
    console.log(ran.length === 0 ? 'There was nothing to do.' : 'All migrations are done.');
    return 0;
  } finally {
    await store.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = failureCode;
}
