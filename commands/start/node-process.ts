import { resolve } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { startNodeProcess } from '../../shared/services/processes/node-process.ts';
import { recoverOrphan } from '../../shared/services/processes/recover-orphan.ts';
import type { Part } from './parts.ts';
import type { Running } from './supervise.ts';

const STOP_DEADLINE_MS = 30_000;

/** Starts a process and waits until it is ready. Ends it and throws if it does not become ready. */
export async function startPart(
  { name, dataDir, script, env, nodeArgs }: Part,
  signal: AbortSignal,
  log: Log = () => undefined,
): Promise<Running> {
  const service = await startNodeProcess({
    ...{ name, dataDir, script, env, signal, log },
    ...(nodeArgs && { nodeArgs }),
  });
  return {
    pid: service.identity.pid,
    exited: service.exited,
    stop: (deadlineMs = STOP_DEADLINE_MS) => service.stop(deadlineMs),
  };
}

/** Ends a process of this part that a crashed run left running. */
export async function recoverPart({ dataDir, name, script }: Part, log: Log): Promise<void> {
  // The process is recognized by a path in its command line; for Node that is the script.
  const folder = resolve(projectRoot, script);
  await recoverOrphan({ dataDir, service: name, folder, log });
}
