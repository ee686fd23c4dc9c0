import type { Env } from '../../shared/runtime/env.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { DataInUseError, type DataLock, lockDataDir } from '../../shared/services/data-lock.ts';
import { isPortFreeOn, portHolder } from '../../shared/services/processes/ports.ts';

/**
 * Locks DATA_DIR for this process. Throws an error that names the processes that use it, or why it
 * is not writable.
 */
export async function takeData(env: Env): Promise<DataLock> {
  try {
    return await lockDataDir(env.dataDir);
  } catch (error) {
    if (!(error instanceof DataInUseError)) throw new Error(explainFolder(env, error));
    const port = await portConflict(env);
    const advice = 'Stop it first, or set another DATA_DIR and another PORT.';
    throw new Error([error.message, port, advice].filter(Boolean).join('\n'));
  }
}

/**
 * Throws an error that names the process if a required port is in use, and an error that names the
 * setting if a host is not an address of this machine.
 */
export async function requireFreePort(env: Env): Promise<void> {
  const conflict = await portConflict(env);
  if (conflict) throw new Error(`${conflict}\nStop it first, or set another port.`);
}

async function portConflict(env: Env): Promise<string | undefined> {
  for (const { name, port, host, hostSetting } of listPorts(env)) {
    if (await isPortFreeOn(port, host, hostSetting)) continue;
    return `Port ${port} of ${host} (${name}) is taken by ${await portHolder(port)}.`;
  }
  return undefined;
}

function listPorts({ host, port, metricsHost, metricsPort, workers }: Env) {
  const api = { name: 'PORT', port, host, hostSetting: 'HOST' };
  if (metricsPort === undefined) return [api];
  const metrics = Array.from({ length: workers }, (_, index) => ({
    name: 'METRICS_PORT',
    port: metricsPort + index,
    host: metricsHost,
    hostSetting: 'METRICS_HOST',
  }));
  return [api, ...metrics];
}

const NOT_WRITABLE: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a part of its path is not a folder',
  EEXIST: 'it is not a folder',
  ENOENT: 'it cannot be created',
  ENOSPC: 'its disk is full',
};

/** Returns an error text that names DATA_DIR if the folder is not writable. */
function explainFolder({ dataDir }: Env, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = NOT_WRITABLE[code];
  if (reason === undefined) return errorMessage(error);
  return `DATA_DIR is ${dataDir}, and ${reason} (${code}). Set DATA_DIR to a writable folder.`;
}
