/**
 * Set-up of every test file: properties begin from the file's seed, which is told, so that
 * `TEST_SEED=…` repeats what failed whether or not a property asks for it.
 */
import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';

const { testPath = '' } = expect.getState();
const text = await readFile(testPath, 'utf8');
// Loading it takes longer than many a test file: only those that use it pay for it.
if (text.includes("from 'fast-check'")) {
  const [{ default: fc }, { testSeed }] = await Promise.all([
    import('fast-check'),
    import('./promises.ts'),
  ]);
  fc.configureGlobal({ seed: testSeed });
  console.info(`properties run with TEST_SEED=${testSeed}`);
}
