import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where every test is about a promise, whether it says so or not. */
const PROMISE_FOLDERS = [
  'tests/promises',
  'shared/ledger',
  'shared/store/transaction',
  'shared/locks',
  'worker',
  'api/access',
  'shared/access',
];

const SOURCE_FOLDERS = ['api', 'commands', 'loadtest', 'shared', 'tests', 'worker'];
const HAS_FULL_NUMBERS = /\bpromiseRuns\(/;
/** At the beginning of a title. */
const NAMES_A_PROMISE = /['"`]promises? \d/i;

/**
 * What `npm run promises` runs: these folders, and everywhere else each test file that has full
 * numbers or names a promise, so that a new one need not be listed anywhere.
 * @returns paths from the project's root, as the test runner filters by
 */
export async function promiseTests(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of SOURCE_FOLDERS) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      if (!path.endsWith('.test.ts') || isUnder(PROMISE_FOLDERS, path)) continue;
      const text = await readFile(join(root, path), 'utf8');
      if (HAS_FULL_NUMBERS.test(text) || NAMES_A_PROMISE.test(text)) found.push(path);
    }
  }
  return [...PROMISE_FOLDERS, ...found.sort()];
}

/** As the test runner does: by a part of the path. */
function isUnder(filters: readonly string[], path: string): boolean {
  return filters.some((filter) => path.includes(filter));
}
