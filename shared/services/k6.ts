import { join } from 'node:path';
import { projectRoot } from '../runtime/env.ts';
import type { Log } from '../runtime/output.ts';
import { type FoundBinary, firstThatWorks } from './binaries/first-that-works.ts';
import { goModule } from './binaries/go-program.ts';
import { onPath } from './binaries/on-path.ts';
import { printedVersion } from './binaries/run-command.ts';

const MODULE = { name: 'k6 2.0.0', folder: join(projectRoot, 'loadtest', 'k6-build') };

/** Finds k6 on this machine, or builds it once from the pinned Go module. */
export function findK6(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  return firstThatWorks({
    program: 'k6',
    sources: [onPath(['k6']), goModule(MODULE, { cacheDir, entry: 'k6-2.0.0', program: 'k6' })],
    readVersion: printedVersion,
    advice: ['install k6 so that it is on the PATH', 'install Go; k6 is then built once'],
    log,
  });
}
