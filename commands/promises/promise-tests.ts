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
const HAS_FULL_NUMBERS = /\bpromiseRuns\(/;
/** A promise at the beginning of a title. */
const NAMES_A_PROMISE = /['"`]promises? \d/i;

/**
 * Finds the tests that `npm run promises` runs: these folders, and all other test files that have
 * full numbers or name a promise. New ones are found without being listed.
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

/** Compares a part of the path, as the test runner does. */
function isUnder(filters: readonly string[], path: string): boolean {
  return filters.some((filter) => path.includes(filter));
}
