import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-file.ts';
import type { Exit, ServiceProcess } from './spawn-service.ts';

const LOOK_EVERY_MS = 50;
const STOP_DEADLINE_MS = 10_000;

type Wait = { isReady: () => Promise<boolean>; timeoutMs: number; signal?: AbortSignal };

/**
 * Waits until a started process is ready. When it ends by itself, is not ready in time, or `signal`
 * says stop, the process is ended and the error has its last words.
 */
export async function untilReady(service: ServiceProcess, wait: Wait): Promise<void> {
  let ended: Exit | undefined;
  void service.exited.then((exit) => {
    ended = exit;
  });
  const giveUpAt = Date.now() + wait.timeoutMs;
  const problem = () => {
    if (ended) return `ended with ${ended.signal ?? `code ${ended.code}`} before it was ready`;
    if (wait.signal?.aborted) return 'is not wanted any more';
    return Date.now() > giveUpAt ? `was not ready after ${wait.timeoutMs} ms` : undefined;
  };
  while (!(await wait.isReady())) {
    const why = problem();
    if (why) {
      await service.stop(STOP_DEADLINE_MS);
      const words = await lastLines(service.logFile);
      throw new Error(`process ${service.identity.pid} ${why}. ${service.logFile}:\n${words}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}
