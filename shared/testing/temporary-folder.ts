import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

/** Creates a folder for the running test and removes it afterwards. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
