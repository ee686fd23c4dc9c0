import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import type { Source } from './first-that-works.ts';
import { runCommand } from './run-command.ts';

/** The newest series whose data files 6.0 (the wheel) and 8.0 (compose) are both next to. */
const VERSION = '7.0.24';
const STALL_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const TOTAL_MS = 600_000;

const script = fileURLToPath(new URL('./download-mongod.ts', import.meta.url));

/** MongoDB's own download as a source. It gives up when no byte has come for ten seconds. */
export function mongodDownload(cacheDir: string): Source {
  const cached: CachedProgram = { cacheDir, entry: `mongod-${VERSION}`, program: 'mongod' };
  return {
    name: `a download of MongoDB ${VERSION}`,
    present: () => fromCache(cached),
    fetch: () => intoCache(cached, download),
  };
}

async function download(folder: string): Promise<void> {
  const downloads = join(folder, 'download');
  await mkdir(downloads);
  const stall = abortOnStall(downloads);
  try {
    // In a process of its own: it can be ended in mid-request, and prints nothing on our terminal.
    const printed = await runCommand(process.execPath, [script, VERSION, downloads], {
      timeoutMs: TOTAL_MS,
      signal: stall.signal,
      env: { npm_config_strict_ssl: 'true', MONGOMS_MD5_CHECK: 'true' },
    });
    const path = printed.trim().split('\n').at(-1) ?? '';
    await rename(path, join(folder, 'mongod'));
  } finally {
    stall.stop();
    await rm(downloads, { recursive: true, force: true });
  }
}

function abortOnStall(folder: string): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  let bytesSeen = 0;
  let progressAt = Date.now();
  const look = async () => {
    const bytes = await bytesIn(folder);
    if (bytes > bytesSeen) progressAt = Date.now();
    bytesSeen = bytes;
    if (Date.now() - progressAt > STALL_MS) controller.abort(`nothing came for ${STALL_MS} ms`);
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      (found) => found.size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
