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

/** Throws, saying by whom, when a port that is wanted is taken. */
export async function requireFreePort(env: Env): Promise<void> {
  const conflict = await portConflict(env);
  if (conflict) throw new Error(`${conflict}\nStop it first, or set another port.`);
}

async function portConflict(env: Env): Promise<string | undefined> {
  for (const { name, port, host } of portsOf(env)) {
    if (await isPortFree(port, host)) continue;
    return `Port ${port} of ${host} (${name}) is taken by ${await portHolder(port)}.`;
  }
  return undefined;
}

function portsOf({ host, port, metricsHost, metricsPort, workers }: Env) {
  const api = { name: 'PORT', port, host };
  if (metricsPort === undefined) return [api];
  const figures = Array.from({ length: workers }, (_, index) => ({
    name: 'METRICS_PORT',
    port: metricsPort + index,
    host: metricsHost,
  }));
  return [api, ...figures];
}
