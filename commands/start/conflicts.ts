import type { Env } from '../../shared/runtime/env.ts';
import { DataInUseError, type DataLock, lockDataDir } from '../../shared/services/data-lock.ts';
import { portHolder } from '../../shared/services/processes/port-holder.ts';
import { isPortFree } from '../../shared/services/processes/ports.ts';

/** Takes DATA_DIR for this process. Throws, saying by whom it and the port are taken. */
export async function takeData(env: Env): Promise<DataLock> {
  try {
    return await lockDataDir(env.dataDir);
  } catch (error) {
    if (!(error instanceof DataInUseError)) throw error;
    const port = await portConflict(env);
    const advice = 'Stop it first, or set another DATA_DIR and another PORT.';
    throw new Error([error.message, port, advice].filter(Boolean).join('\n'));
  }
}

/** Throws, saying by whom, when PORT is taken. */
export async function requireFreePort(env: Env): Promise<void> {
  const conflict = await portConflict(env);
  if (conflict) throw new Error(`${conflict}\nStop it first, or set PORT to another one.`);
}

async function portConflict(env: Env): Promise<string | undefined> {
  if (await isPortFree(env.port, env.host)) return undefined;
  return `Port ${env.port} of ${env.host} is taken by ${await portHolder(env.port)}.`;
}
