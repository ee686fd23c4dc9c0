import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from './on-path.ts';

const ABANDONED_AFTER_MS = 3_600_000;

/** A program kept in the cache folder, under a name that pins its version. */
export type CachedProgram = { cacheDir: string; entry: string; program: string };

/** The program's path if the cache holds it. */
export async function fromCache(cached: CachedProgram): Promise<string | undefined> {
  const path = join(cached.cacheDir, cached.entry, cached.program);
  return (await isExecutable(path)) ? path : undefined;
}

/**
 * Puts a program into the cache and returns its path. `produce` leaves it at `<folder>/<program>`
 * in a folder that gets its final name in one step, so an interrupted run leaves nothing half done.
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
  if (path === undefined) throw new Error(`${cached.program} is missing in what was fetched`);
  return path;
}

async function moveInto(folder: string, target: string, cached: CachedProgram): Promise<void> {
  // Another process may have finished first: its result is as good as ours.
  if (await fromCache(cached)) return;
  await rm(target, { recursive: true, force: true });
  await rename(folder, target).catch(async (error: unknown) => {
    if (!(await fromCache(cached))) throw error;
  });
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
