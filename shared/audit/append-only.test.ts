import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../runtime/env.ts';

const FOLDERS = ['api', 'commands', 'loadtest', 'shared', 'tests', 'worker'];
/** The only files that use the collection of audit entries, with the calls that they may make. */
const ALLOWED = new Map([
  ['shared/audit/write-audit.ts', ['insertMany', 'insertEach']],
  ['shared/audit/in-audited-transaction.ts', ['findOne']],
  ['api/audit/audit-store.ts', ['readNewestFirst', 'readNewestFirst']],
  ['api/ops/observatory/marks/read-marks.ts', ['aggregate']],
  ['api/ops/observatory/pause/read-pause.ts', ['aggregate']],
  ['shared/ledger/extend-reservation.ts', ['findOne']],
]);
/**
 * Methods of other objects named `audit`: the API's queue of audit entries, and arrays of entries.
 */
const OTHER_METHODS = ['submit', 'push', 'map'];
/** Matches a method call on the collection, such as `store.audit.insertMany(`. */
const METHOD_CALL = /\baudit\b\s*\??\.(\w+)(?:<[^>]*>)?\(/g;
/**
 * Matches a function call with the collection as its first argument, such as
 * `insertEach(store.audit`.
 */
const CALL_WITH_COLLECTION = /\b(\w+)(?:<[^>]*>)?\(\s*(?:\w+\.)*store\.audit\b(?!\s*\??\.)/g;

async function listSources(): Promise<string[]> {
  const filesByFolder = await Promise.all(
    FOLDERS.map(async (folder) => {
      const files = await readdir(join(projectRoot, folder), { recursive: true });
      return files.map((file) => join(folder, file));
    }),
  );
  return filesByFolder
    .flat()
    .filter((file) => /\.(ts|mjs|js)$/.test(file) && !/\.test\.ts$/.test(file));
}

test('code uses the collection of audit entries only by the listed calls, which insert or read', async () => {
  const files = await listSources();
  expect(files.length).toBeGreaterThan(300);
  const seen = new Map<string, string[]>();
  for (const file of files) {
    const text = await readFile(join(projectRoot, file), 'utf8');
    const calls = [...text.matchAll(METHOD_CALL), ...text.matchAll(CALL_WITH_COLLECTION)];
    const names = calls.map(([, name = '']) => name);
    const uses = names.filter((name) => !OTHER_METHODS.includes(name));
    if (uses.length > 0) seen.set(file, uses);
    // Only the store opens the collection by its name.
    if (file !== 'shared/store/store.ts')
      expect([file, /collection(<[^>]*>)?\(\s*['"`]audit/.test(text)]).toEqual([file, false]);
  }
  expect(seen).toEqual(ALLOWED);
});
