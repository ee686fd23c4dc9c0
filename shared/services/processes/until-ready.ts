import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-file.ts';
import type { Exit, ServiceProcess } from './spawn-service.ts';

const POLL_MS = 50;
const STOP_DEADLINE_MS = 10_000;

type Wait = { isReady: () => Promise<boolean>; timeoutMs: number; signal?: AbortSignal };

/**
 * Waits until a started process is ready. If it exits, is not ready in time, or `signal` is
 * aborted, the process is ended.
 * @throws Error with the last lines of its log
 */
export async function untilReady(service: ServiceProcess, wait: Wait): Promise<void> {
  let ended: Exit | undefined;
  void service.exited.then((exit) => {
    ended = exit;
  });
  const giveUpAt = Date.now() + wait.timeoutMs;
  const problem = () => {
    if (ended) return `exited with ${ended.signal ?? `code ${ended.code}`} before it was ready`;
    if (wait.signal?.aborted) return 'was stopped';
    return Date.now() > giveUpAt ? `was not ready after ${wait.timeoutMs} ms` : undefined;
  };
  while (!(await wait.isReady())) {
    const why = problem();
    if (why) {
      await service.stop(STOP_DEADLINE_MS);
      const lines = await lastLines(service.logFile);
      throw new Error(`process ${service.identity.pid} ${why}. ${service.logFile}:\n${lines}`);
    }
    await sleep(POLL_MS);
  }
}
