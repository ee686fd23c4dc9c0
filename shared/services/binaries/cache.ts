import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from './on-path.ts';

const ABANDONED_AFTER_MS = 3_600_000;
/** Concurrent runs may each find a broken entry and replace it. */
const MOVES_MAX = 3;
const IN_THE_WAY = ['ENOTEMPTY', 'EEXIST'];

/** A program in the cache folder; `entry` is the folder's name and contains the version. */
export type CachedProgram = { cacheDir: string; entry: string; program: string };

/** Returns the program's path if it is in the cache. */
export async function fromCache(cached: CachedProgram): Promise<string | undefined> {
  const path = join(cached.cacheDir, cached.entry, cached.program);
  return (await isExecutable(path)) ? path : undefined;
}

/**
 * Adds a program to the cache and returns its path. `produce` writes `<folder>/<program>` into a
 * temporary folder, which is then renamed, so an interrupted run leaves no partial entry.
 */
export async function intoCache(
  cached: CachedProgram,
  produce: (folder: string) => Promise<void>,
): Promise<string> {
  await mkdir(cached.cacheDir, { recursive: true });
  await removeAbandoned(cached.cacheDir);
  const folder = await mkdtemp(join(cached.cacheDir, '.unfinished-'));
  try {
    await produce(folder);
    await moveInto(folder, join(cached.cacheDir, cached.entry), cached);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const path = await fromCache(cached);
  if (path === undefined)
    throw new Error(`the new entry ${cached.entry} contains no ${cached.program}`);
  return path;
}

/**
 * Renames the folder to `target`. Replaces an entry that lacks the program; keeps any other entry.
 */
async function moveInto(folder: string, target: string, cached: CachedProgram): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      // Fails if there is an entry. If another process has added it in the meantime, it contains
      // the same program, which may be in use already.
      return await rename(folder, target);
    } catch (error) {
      if (await fromCache(cached)) return;
      if (!isEntryInTheWay(error) || tries === MOVES_MAX) throw error;
      await rm(target, { recursive: true, force: true });
    }
  }
}

/** Returns whether a folder could not be renamed because another folder with files has that name. */
function isEntryInTheWay(error: unknown): boolean {
  return error instanceof Error && 'code' in error && IN_THE_WAY.includes(String(error.code));
}

async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith('.unfinished-')) continue;
    const path = join(cacheDir, name);
    const changed = await stat(path).catch(() => undefined);
    if (changed && Date.now() - changed.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
