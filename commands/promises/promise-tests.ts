import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** All tests in these folders are about a promise. */
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
const USES_PROMISE_RUNS = /\bpromiseRuns\(/;
/** A promise at the beginning of a title. */
const NAMES_A_PROMISE = /['"`]promises? \d/i;

/**
 * Finds the tests that `npm run promises` runs: the folders above, and all other test files that
 * use `promiseRuns` or name a promise in a title. New files need not be listed.
 * @returns paths relative to the project's root, which the test runner accepts as filters
 */
export async function promiseTests(root: string): Promise<string[]> {
  const tests: string[] = [];
  for (const folder of SOURCE_FOLDERS) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const path = `${folder}/${name.replaceAll('\\', '/')}`;
      if (!path.endsWith('.test.ts') || isUnder(PROMISE_FOLDERS, path)) continue;
      const text = await readFile(join(root, path), 'utf8');
      if (USES_PROMISE_RUNS.test(text) || NAMES_A_PROMISE.test(text)) tests.push(path);
    }
  }
  return [...PROMISE_FOLDERS, ...tests.sort()];
}

/** Compares a part of the path, as the test runner does. */
function isUnder(filters: readonly string[], path: string): boolean {
  return filters.some((filter) => path.includes(filter));
}
