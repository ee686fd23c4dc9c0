import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv } from '../runtime/env.ts';

/** A file of the retail extract, which is not part of the project. */
export interface RealFile {
  readonly path: string;
  /** The reason to skip tests that need the file; undefined if it exists. */
  readonly missing?: string;
}

/**
 * Finds a file of the retail extract in TEST_DATA_DIR. Pass `missing` to `skipIfMissing` in tests
 * that need the file.
 */
export function realFile(name: string): RealFile {
  const path = join(readEnv().testDataDir, name);
  if (existsSync(path)) return { path };
  const missing = `${path} is missing; set TEST_DATA_DIR to the folder of the retail extract`;
  return { path, missing };
}
