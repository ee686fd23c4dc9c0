import { resolve } from 'node:path';
import { projectRoot } from '../../runtime/env.ts';
import type { Log } from '../../runtime/output.ts';
import { type ServiceProcess, spawnService, untilReady } from './spawn-service.ts';

const READY_TIMEOUT_MS = 60_000;

interface NodeProcess {
  readonly dataDir: string;
  /** The name of its log and its run record. */
  readonly name: string;
  /** The path of its main file, absolute or relative to `root`. */
  readonly script: string;
  /** The root folder of the project; this project by default. */
  readonly root?: string;
  readonly env: Record<string, string>;
  /** Options of Node itself. */
  readonly nodeArgs?: readonly string[];
  readonly signal?: AbortSignal;
  readonly log?: Log;
}

/**
 * Starts a Node process of this project and waits until it reports that it is ready.
 * @throws Error if it does not become ready or `signal` is aborted; the process is then ended
 */
export async function startNodeProcess(options: NodeProcess): Promise<ServiceProcess> {
  const { script, root = projectRoot, nodeArgs = [], signal, ...rest } = options;
  const args = [...nodeArgs, resolve(root, script)];
  const started = await spawnService({ ...rest, binary: process.execPath, args, hasChannel: true });
  await untilReady(started, {
    isReady: async () => started.isReady(),
    timeoutMs: READY_TIMEOUT_MS,
    ...(signal && { signal }),
  });
  return started;
}
