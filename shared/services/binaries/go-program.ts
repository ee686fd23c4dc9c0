import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CachedProgram, fromCache, intoCache } from './cache.ts';
import type { Source } from './first-that-works.ts';
import { findOnPath } from './on-path.ts';
import { runCommand } from './run-command.ts';

const BUILD_TIMEOUT_MS = 900_000;
/** Ignores surrounding Go workspaces, and needs no C compiler. */
const BUILD_ENV = { GOWORK: 'off', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' };

/** Returns a source that builds a program of a public Go module at a pinned version and caches it. */
export function goProgram(
  { path, version }: { /** Import path of the main package. */ path: string; version: string },
  cached: CachedProgram,
): Source {
  return {
    name: `a build of ${path} ${version} with Go (takes minutes, once)`,
    present: () => fromCache(cached),
    fetch: async () => {
      const go = await findGo();
      return intoCache(cached, async (folder) => {
        const bin = join(folder, 'bin');
        await runCommand(go, ['install', '-trimpath', `${path}@${version}`], {
          timeoutMs: BUILD_TIMEOUT_MS,
          env: { ...BUILD_ENV, GOBIN: bin },
        });
        await rename(join(bin, cached.program), join(folder, cached.program));
        await rm(bin, { recursive: true });
      });
    },
  };
}

/**
 * Returns a source that builds a Go module of this project, with the dependencies that its go.sum
 * pins, and caches the program.
 */
export function goModule(
  { name, folder }: { /** The name with its version. */ name: string; folder: string },
  cached: CachedProgram,
): Source {
  return {
    name: `a build of ${name} with Go (takes minutes, once)`,
    present: () => fromCache(cached),
    fetch: async () => {
      const go = await findGo();
      return intoCache(cached, async (target) => {
        const module = join(target, 'module');
        await cp(folder, module, { recursive: true });
        const output = join(target, cached.program);
        await runCommand(go, ['build', '-mod=readonly', '-trimpath', '-o', output, '.'], {
          cwd: module,
          timeoutMs: BUILD_TIMEOUT_MS,
          env: BUILD_ENV,
        });
      });
    },
  };
}

async function findGo(): Promise<string> {
  const go = await findOnPath(['go']);
  if (!go) throw new Error('Go is not on the PATH');
  return go;
}
