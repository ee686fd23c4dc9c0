import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../runtime/env.ts';
import type { Log } from '../runtime/output.ts';
import { type CachedProgram, fromCache, intoCache } from './binaries/cache.ts';
import { type FoundBinary, firstThatWorks, type Source } from './binaries/first-that-works.ts';
import { findOnPath, onPath } from './binaries/on-path.ts';
import { printedVersion, runCommand } from './binaries/run-command.ts';

const BUILD_TIMEOUT_MS = 900_000;

/** Finds k6 on this machine, or builds it once from the pinned Go module. */
export function findK6(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  return firstThatWorks({
    program: 'k6',
    sources: [onPath(['k6']), builtFromSource({ cacheDir, entry: 'k6-2.0.0', program: 'k6' })],
    readVersion: printedVersion,
    advice: ['install k6 so that it is on the PATH', 'install Go; k6 is then built once'],
    log,
  });
}

function builtFromSource(cached: CachedProgram): Source {
  return {
    name: 'a build of k6 2.0.0 with Go (takes minutes, once)',
    present: () => fromCache(cached),
    fetch: async () => {
      const go = await findOnPath(['go']);
      if (!go) throw new Error('Go is not on the PATH');
      return intoCache(cached, (folder) => build(go, folder));
    },
  };
}

async function build(go: string, folder: string): Promise<void> {
  const module = join(folder, 'module');
  await cp(join(projectRoot, 'loadtest', 'k6-build'), module, { recursive: true });
  await runCommand(go, ['build', '-mod=readonly', '-trimpath', '-o', join(folder, 'k6'), '.'], {
    cwd: module,
    timeoutMs: BUILD_TIMEOUT_MS,
    // Uses go.sum, ignores surrounding Go workspaces, and needs no C compiler.
    env: { GOWORK: 'off', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
  });
}
