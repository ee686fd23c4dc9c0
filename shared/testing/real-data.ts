import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv } from '../runtime/env.ts';

/** A file of the retail extract, which is no part of the project. */
export interface RealFile {
  readonly path: string;
  /** Why tests that need it are skipped; nothing where it is there. */
  readonly missing?: string;
}

/**
 * Looks for a file of the retail extract in TEST_DATA_DIR, and says so if it is not there: tests
 * that need it are then to be skipped.
 */
export function realFile(name: string): RealFile {
  const path = join(readEnv().testDataDir, name);
  if (existsSync(path)) return { path };
  const missing = `there is no ${path}: TEST_DATA_DIR names the folder of the retail extract`;
  console.log(`skipped: ${missing}`);
  return { path, missing };
}
