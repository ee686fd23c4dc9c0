import { type ChildProcess, spawn } from 'node:child_process';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import { childEnv, projectRoot } from '../../shared/runtime/env.ts';
import { noteChild } from '../../shared/testing/running-children.ts';

const READY_TIMEOUT_MS = 30_000;
const EXIT_TIMEOUT_MS = 20_000;
const OUTPUT_CHARACTERS_MAX = 2_000_000;

/** A process of the system under test. */
export interface Child {
  readonly pid: number;
  /** Returns the end of the standard error of the process. */
  output(): string;
  /** Resolves with the exit code of the process, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Sends a signal that ends the process, and waits until it has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Sends a signal without waiting, e.g. SIGSTOP. */
  signal(signal: NodeJS.Signals): void;
  /** Sends SIGTERM and waits until the process has ended. */
  stop(): Promise<void>;
}

/**
 * Starts a TypeScript file as a child process and waits until it reports that it is ready.
 * @throws Error with the output if the process ends first, or DeadlineError after 30 s
 */
export async function startChild(entry: string, env: Record<string, string>): Promise<Child> {
  const child = spawn(process.execPath, [`${projectRoot}${entry}`], {
    cwd: projectRoot,
    env: childEnv(env),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  noteChild(child);
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    output = `${output}${chunk.toString()}`.slice(-OUTPUT_CHARACTERS_MAX);
  });
  const exited = new Promise<number | string>((resolve) => {
    // Not `exit`, because output may still arrive after it.
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const early = exited.then((code) => {
    throw new Error(`${entry} ended with ${code} before it was ready:\n${output}`);
  });
  early.catch(() => undefined);
  try {
    await withDeadline(entry, READY_TIMEOUT_MS, Promise.race([isReady(child), early]));
  } catch (error) {
    // Nothing else would stop a process that is too slow.
    child.kill('SIGKILL');
    throw error;
  }
  const waitForExit = () => withDeadline(`the end of ${entry}`, EXIT_TIMEOUT_MS, exited);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    kill: async (signal) => {
      child.kill(signal);
      await waitForExit();
    },
    signal: (signal) => {
      child.kill(signal);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await waitForExit();
    },
  };
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message) resolve();
    });
  });
}
