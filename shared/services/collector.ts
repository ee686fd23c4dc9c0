import { join } from 'node:path';
import { projectRoot } from '../runtime/env.ts';
import type { Log } from '../runtime/output.ts';
import { fromCache } from './binaries/cache.ts';
import { type FoundBinary, firstThatWorks } from './binaries/first-that-works.ts';
import { goModule } from './binaries/go-program.ts';
import { printedVersion } from './binaries/run-command.ts';

const VERSION = '0.165.0';
const MODULE = {
  name: `the OpenTelemetry Collector ${VERSION}`,
  folder: join(projectRoot, 'commands', 'traces', 'collector'),
};

const inCache = (cacheDir: string) => ({
  cacheDir,
  entry: `collector-${VERSION}`,
  program: 'collector',
});

/** Finds the OpenTelemetry Collector in the cache, or builds it once from its Go modules. */
export function findCollector(cacheDir: string, log: Log): Promise<FoundBinary> {
  return firstThatWorks({
    program: 'collector',
    sources: [goModule(MODULE, inCache(cacheDir))],
    readVersion: printedVersion,
    advice: ['install Go; the collector is then built once'],
    log,
  });
}

/** Returns the path of the collector if it has been built. */
export function builtCollector(cacheDir: string): Promise<string | undefined> {
  return fromCache(inCache(cacheDir));
}
