import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

/**
 * Notes a process that a test file has started. A failed test may leave it running, where it would
 * disturb the next file of the worker, which uses the same database.
 */
export function noteChild(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Kills the processes that are still running, and waits until they have ended. */
export async function killLeftChildren(): Promise<void> {
  const ended = Array.from(running, (child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(ended);
}
