import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { executableFolders } from '../../runtime/env.ts';
import type { Source } from './first-that-works.ts';

/** The full path of the first of `names` that the shell would find, if any. */
export async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of executableFolders()) {
      const candidate = join(folder, name);
      if (await isExecutable(candidate)) return candidate;
    }
  }
  return undefined;
}

/** Whether a file is there and may be run by us. */
export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The machine's own installation as a source. */
export function onPath(names: readonly string[]): Source {
  return { name: `${names.join(' or ')} on the PATH`, present: () => findOnPath(names) };
}
