import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type BirpcReturn, createBirpc } from 'birpc';
import { childEnv } from '../../../shared/runtime/env.ts';

/** Longer than any measurement, so that only a call that hangs is ended. */
const CALL_TIMEOUT_MS = 60 * 60 * 1_000;

/**
 * A process that works for the bench, so that the CPU time of this work is measured separately.
 * `call` rejects with the assistant's error if the call failed, and also if the process ended.
 */
export interface Assistant<Calls extends object> {
  readonly pid: number;
  readonly call: BirpcReturn<Calls, object, false>['$call'];
  stop(): void;
}

/**
 * Starts an assistant process.
 * @param script the file that it runs, which calls `serveCalls`
 */
export async function startAssistant<Calls extends object>(script: URL): Promise<Assistant<Calls>> {
  const child = fork(script, {
    env: childEnv(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  await once(child, 'spawn');
  const { $call: call, $close: close } = createBirpc<Calls, object, false>(
    {},
    {
      post: (message) => child.send(message),
      on: (receive) => child.on('message', receive),
      timeout: CALL_TIMEOUT_MS,
      proxify: false,
    },
  );
  child.once('exit', (code) => close(new Error(`an assistant process exited with ${code}`)));
  return { pid: child.pid ?? 0, call, stop: () => void child.kill('SIGKILL') };
}

/** Serves calls in the assistant process until the bench ends. */
export function serveCalls(calls: object): void {
  createBirpc(calls, {
    post: (message) => process.send?.(message),
    on: (receive) => process.on('message', receive),
  });
  process.on('disconnect', () => process.exit(0));
}
