import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import type { Source } from './first-that-works.ts';
import { findOnPath } from './on-path.ts';
import { runCommand } from './run-command.ts';

const BUILD_TIMEOUT_MS = 900_000;

/** A program of a Go module, as a source: built once with Go at a pinned version and cached. */
export function goProgram(
  { path, version }: { /** Import path of the main package. */ path: string; version: string },
  cached: CachedProgram,
): Source {
  return {
    name: `a build of ${path} ${version} with Go (takes minutes, once)`,
    present: () => fromCache(cached),
    fetch: async () => {
      const go = await findOnPath(['go']);
      if (!go) throw new Error('Go is not on the PATH');
      return intoCache(cached, async (folder) => {
        const bin = join(folder, 'bin');
        await runCommand(go, ['install', '-trimpath', `${path}@${version}`], {
          timeoutMs: BUILD_TIMEOUT_MS,
          // Ignores surrounding Go workspaces, and needs no C compiler.
          env: { GOBIN: bin, GOWORK: 'off', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
        });
        await rename(join(bin, cached.program), join(folder, cached.program));
        await rm(bin, { recursive: true });
      });
    },
  };
}
