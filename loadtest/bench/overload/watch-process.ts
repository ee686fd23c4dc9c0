import { setTimeout as sleep } from 'node:timers/promises';
import { LightClient } from '../../system/light-client.ts';
import { residentMb } from '../machine/resident-mb.ts';

const SAMPLE_EVERY_MS = 200;

/** Measurements of an API process under load. */
export interface ProcessMeasurements {
  /** The largest resident memory, in MB. */
  readonly memoryMbMax: number;
  readonly probes: number;
  /** The longest time from sending a probe to its answer or its failure. */
  readonly probeMsMax: number;
  /** Probes that were cut or had another status than 200. */
  readonly probesFailed: number;
}

/** The API process to watch, the paths to probe, and the key with which they are read. */
interface ProbePlan {
  readonly apiUrl: string;
  readonly apiPid: number;
  readonly apiKey: string;
  readonly paths: readonly string[];
}

/**
 * Samples the memory and probes the paths in turn while `work` runs.
 * @throws the error of `work`, or Error if the process ends
 */
export async function watchProcess<Result>(
  { apiUrl, apiPid, apiKey, paths }: ProbePlan,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly measurements: ProcessMeasurements }> {
  let memoryMbMax = residentMb(apiPid);
  let probeMsMax = 0;
  let [probes, probesFailed, isOver] = [0, 0, false];
  const probe = async (path: string) => {
    // A new connection for each probe, as orchestrators and load balancers open them.
    const client = new LightClient(apiUrl, 1);
    const startedAt = performance.now();
    const status = await client.send('GET', path, `X-Api-Key: ${apiKey}\r\n`).then(
      (response) => response.status,
      () => 0,
    );
    client.close();
    probes += 1;
    probeMsMax = Math.max(probeMsMax, performance.now() - startedAt);
    if (status !== 200) probesFailed += 1;
  };
  const watch = async () => {
    while (!isOver) {
      for (const path of paths) {
        memoryMbMax = Math.max(memoryMbMax, residentMb(apiPid));
        await probe(path);
      }
      await sleep(SAMPLE_EVERY_MS);
    }
  };
  const working = work().finally(() => {
    isOver = true;
  });
  const [result] = await Promise.all([working, watch()]);
  return { result, measurements: { memoryMbMax, probes, probeMsMax, probesFailed } };
}
