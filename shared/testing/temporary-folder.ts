import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { TEST_DATA_PREFIX } from './sweep-abandoned-runs.ts';

/** A folder for the running test alone, gone after it; servers a killed test leaves in it are swept. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), TEST_DATA_PREFIX));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
