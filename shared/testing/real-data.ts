import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv } from '../runtime/env.ts';

/** A file of the retail extract, which is no part of the project. */
export interface RealFile {
  readonly path: string;
  /** Why tests that need it are skipped; undefined if the file exists. */
  readonly missing?: string;
}

/**
 * Looks for a file of the retail extract in TEST_DATA_DIR. Tests that need it are skipped by
 * `skipIfMissing`.
 */
export function realFile(name: string): RealFile {
  const path = join(readEnv().testDataDir, name);
  if (existsSync(path)) return { path };
  const missing = `${path} is missing; TEST_DATA_DIR names the folder of the retail extract`;
  return { path, missing };
}
