import { resolve } from 'node:path';
import { projectRoot } from '../../shared/runtime/env.ts';
import type { Log } from '../../shared/runtime/output.ts';
import { recoverOrphan } from '../../shared/services/processes/recover-orphan.ts';
import { spawnService } from '../../shared/services/processes/spawn-service.ts';
import { untilReady } from '../../shared/services/processes/until-ready.ts';
import type { Part } from './parts.ts';
import type { Running } from './supervise.ts';

const READY_TIMEOUT_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;

/** Starts a process and waits until it is ready. Ends it and throws if it does not become ready. */
export async function startPart(
  part: Part,
  signal: AbortSignal,
  log: Log = () => undefined,
): Promise<Running> {
  const { name, dataDir, env } = part;
  const args = [resolve(projectRoot, part.script)];
  const binary = process.execPath;
  const service = await spawnService({ dataDir, name, binary, args, env, hasChannel: true, log });
  await untilReady(service, {
    isReady: async () => service.hasSaidReady(),
    timeoutMs: READY_TIMEOUT_MS,
    signal,
  });
  return {
    pid: service.identity.pid,
    exited: service.exited,
    stop: (deadlineMs = STOP_DEADLINE_MS) => service.stop(deadlineMs),
  };
}

/** Ends a process of this part that a crashed run left running. */
export async function recoverPart(part: Part, log: Log): Promise<void> {
  const folder = resolve(projectRoot, part.script);
  await recoverOrphan({ dataDir: part.dataDir, service: part.name, folder, log });
}
