import type { Exit } from '../../shared/services/processes/spawn-service.ts';

/** The running process of a part. */
export interface StartedProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Sends SIGTERM, and SIGKILL after the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

/** A process of the system that can be stopped, killed, frozen and started again. */
export interface Part {
  readonly name: string;
  /** Freezes the process with its sockets open, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Kills the process and waits until it has ended. */
  kill(): Promise<void>;
  /**
   * Stops the process by SIGTERM.
   * @throws Error if it does not end by itself with exit code 0
   */
  stop(): Promise<void>;
  /** Starts the process again. */
  start(): Promise<void>;
}

/** More than a process may take to end. */
const STOP_DEADLINE_MS = 40_000;

/** Starts a process and returns the part that controls it. */
export async function startPart(name: string, start: () => Promise<StartedProcess>): Promise<Part> {
  let started = await start();
  const send = (signal: NodeJS.Signals) => void process.kill(started.pid, signal);
  return {
    name,
    freeze: () => send('SIGSTOP'),
    thaw: () => send('SIGCONT'),
    kill: async () => {
      send('SIGKILL');
      await started.exited;
    },
    stop: async () => {
      await started.stop(STOP_DEADLINE_MS);
      const { code, signal } = await started.exited;
      if (code !== 0) throw new Error(`${name} ended with ${signal ?? code} after SIGTERM`);
    },
    start: async () => {
      started = await start();
    },
  };
}
