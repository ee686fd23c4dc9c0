/**
 * Set-up of every test file: makes properties use the file's seed and logs it, so that
 * `TEST_SEED=…` repeats a failure.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

const { testPath = '' } = expect.getState();
const text = await readFile(testPath, 'utf8');
// Loads fast-check only if the file uses it, because loading takes longer than many test files.
if (text.includes("from 'fast-check'")) {
  const [{ default: fc }, { testSeed }] = await Promise.all([
    import('fast-check'),
    import('./promises.ts'),
  ]);
  fc.configureGlobal({ seed: testSeed });
  console.info(`properties run with TEST_SEED=${testSeed}`);
}
