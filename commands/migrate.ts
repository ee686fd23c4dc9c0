/** `npm run migrate`: brings the database to this version, or tells what that would take. */
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
npm run migrate [-- --list]: brings the database to this version. Every process does so by itself
when it starts; this is for doing it before, and for looking. It can be run while the system runs,
any number of times and by several at once: each migration is done once, by one process, and what
a killed one left is taken over after 15 s.
  --list  changes nothing; prints what has been done, when and for how long, and what is pending
Ends with 0 when nothing is pending (any more), with 1 if a migration failed or, with --list, if
some are pending, and with 2 if the database cannot be looked at or is none of this system's.
The record is the one at MONGODB_URL, else that of the system running on DATA_DIR.`);

const FAILED = 1;
const NOT_LOOKED_AT = 2;
let exitCode = NOT_LOOKED_AT;

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
    exitCode = FAILED;
    const ran = await migrate(store, { notify: (notice) => console.log(notice) });
    await checkIndexes(store);
    for (const id of ran) console.log(`done  ${id}`);
    console.log(ran.length === 0 ? 'Nothing was left to do.' : 'All is done.');
    return 0;
  } finally {
    await store.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = exitCode;
}
