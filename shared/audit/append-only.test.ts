import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../runtime/env.ts';

const FOLDERS = ['api', 'commands', 'loadtest', 'shared', 'tests', 'worker'];
/** The only files that use the audit log, with the methods and functions that they may call. */
const ALLOWED = new Map([
  ['shared/audit/write-audit.ts', ['insertMany', 'insertEach']],
  ['api/audit/audit-store.ts', ['readNewestFirst']],
  ['api/ops/observatory/marks/read-marks.ts', ['aggregate']],
  ['api/ops/observatory/pause/read-pause.ts', ['aggregate']],
  ['shared/ledger/extend-reservation.ts', ['findOne']],
]);
/** Methods of the audit log and of lists of entries, which are not collections. */
const OTHER_METHODS = ['submit', 'push', 'map'];
/** A call of a method of the collection. */
const TOUCHES = /\baudit\b\s*\??\.(\w+)(?:<[^>]*>)?\(/g;
/** A call of a function that gets the collection. */
const PASSES_ON = /\b(\w+)(?:<[^>]*>)?\(\s*(?:\w+\.)*store\.audit\b(?!\s*\??\.)/g;

async function sources(): Promise<string[]> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => {
      const files = await readdir(join(projectRoot, folder), { recursive: true });
      return files.map((file) => join(folder, file));
    }),
  );
  return found.flat().filter((file) => /\.(ts|mjs|js)$/.test(file) && !/\.test\.ts$/.test(file));
}

test('no code changes or deletes audit entries', async () => {
  const files = await sources();
  expect(files.length).toBeGreaterThan(300);
  const seen = new Map<string, string[]>();
  for (const file of files) {
    const text = await readFile(join(projectRoot, file), 'utf8');
    const calls = [...text.matchAll(TOUCHES), ...text.matchAll(PASSES_ON)];
    const uses = calls.map(([, name = '']) => name);
    const touching = uses.filter((method) => !OTHER_METHODS.includes(method));
    if (touching.length > 0) seen.set(file, touching);
    // No code uses the collection by its name, without the store.
    if (file !== 'shared/store/store.ts')
      expect([file, /collection(<[^>]*>)?\(\s*['"`]audit/.test(text)]).toEqual([file, false]);
  }
  expect(seen).toEqual(ALLOWED);
});
