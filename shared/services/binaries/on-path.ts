import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { executableFolders } from '../../runtime/env.ts';
import type { Source } from './first-that-works.ts';

/** Returns the full path of the first of `names` that is on the PATH. */
export async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of executableFolders()) {
      const candidate = join(folder, name);
      if (await isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

/** Returns whether the path is a file (not a folder) that this process may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Returns a source that searches the PATH for a program. */
export function onPath(names: readonly string[]): Source {
  return { name: `${names.join(' or ')} on the PATH`, present: () => findOnPath(names) };
}
