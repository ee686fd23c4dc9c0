import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnv } from '../../runtime/env.ts';
import { errorMessage } from '../../runtime/error-message.ts';
import type { Log } from '../../runtime/output.ts';
import { endProcess, findProcess, type ProcessIdentity } from './identity.ts';
import { lastLines, openLog } from './log-file.ts';
import { writeRunRecord } from './run-record.ts';

const POLL_MS = 50;
const STOP_DEADLINE_MS = 10_000;

/** How a process ended: with an exit code or by a signal. */
export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** The process of a started service. */
export type ServiceProcess = {
  identity: ProcessIdentity;
  logFile: string;
  /** The size of the log when this run began, in bytes. */
  logFrom: number;
  /** Resolves when the process has ended, for any reason. */
  exited: Promise<Exit>;
  /** Returns whether the process has sent `{type: 'ready'}` over its channel. */
  isReady: () => boolean;
  /** Sends SIGTERM, then SIGKILL after the deadline; resolves when the process has ended. */
  stop: (deadlineMs: number) => Promise<void>;
};

interface Spawned extends Pick<ServiceProcess, 'identity' | 'stop'> {
  readonly dataDir: string;
  readonly name: string;
}

const running = new Set<Spawned>();

/** Ends the services with this name that this process has started on this data. */
export async function stopSpawned(
  dataDir: string,
  name: string,
  deadlineMs: number,
): Promise<void> {
  const earlier = [...running].filter(
    (service) => service.dataDir === dataDir && service.name === name,
  );
  await Promise.all(earlier.map((service) => service.stop(deadlineMs)));
}

/** Ends all services that this process has started, ready or not. */
export async function stopAllSpawned(deadlineMs: number): Promise<void> {
  await Promise.all([...running].map((service) => service.stop(deadlineMs)));
}

type Service = {
  dataDir: string;
  name: string;
  binary: string;
  args: string[];
  /** Stored with the data, so that the service gets the same port next time. */
  port?: number;
  env?: Record<string, string>;
  /** Opens an IPC channel, by which a Node process reports that it is ready and notices our end. */
  hasChannel?: boolean;
  log?: Log;
};

/** Starts a service that logs to DATA_DIR/logs/<name>.log, and stores a record of the run. */
export async function spawnService(service: Service): Promise<ServiceProcess> {
  const { dataDir, name, port, log = () => undefined } = service;
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const output = await openLog(logFile).catch((error: unknown) => {
    log(`${name} runs without a log: ${errorMessage(error)}`);
    return undefined;
  });
  const logFrom = (await output?.stat())?.size ?? 0;
  const sink = output?.fd ?? 'ignore';
  const child = spawn(service.binary, service.args, {
    stdio: ['ignore', sink, sink, ...(service.hasChannel ? (['ipc'] as const) : [])],
    env: childEnv(service.env),
    // Ctrl-C in the terminal must not reach the service directly: we stop services in order.
    detached: true,
  });
  const exited = waitForExit(child);
  const isReady = readiness(child);
  try {
    await once(child, 'spawn');
  } finally {
    await output?.close();
  }
  const identity = identify(child.pid);
  const stop = async (deadlineMs: number) => {
    await endProcess(identity, deadlineMs);
    await exited;
  };
  const started = { identity, logFile, logFrom, exited, isReady, stop };
  const spawned = { dataDir, name, identity, stop };
  running.add(spawned);
  void exited.then(() => running.delete(spawned));
  const run = { process: identity, launcher: identify(process.pid), port };
  // Only the next start needs the record, so the service runs without it.
  await writeRunRecord(dataDir, name, run).catch((error: unknown) => {
    log(
      `the run record of ${name} (process ${identity.pid}) cannot be written: ${errorMessage(error)}`,
    );
  });
  return started;
}

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
  const giveUpAt = performance.now() + wait.timeoutMs;
  const problem = () => {
    if (ended) return `exited with ${ended.signal ?? `code ${ended.code}`} before it was ready`;
    if (wait.signal?.aborted) return 'was stopped';
    return performance.now() > giveUpAt ? `was not ready after ${wait.timeoutMs} ms` : undefined;
  };
  while (!(await wait.isReady())) {
    const reason = problem();
    if (reason) {
      await service.stop(STOP_DEADLINE_MS);
      const lines = await lastLines(service.logFile, service.logFrom);
      throw new Error(`process ${service.identity.pid} ${reason}. ${service.logFile}:\n${lines}`);
    }
    await sleep(POLL_MS);
  }
}

function waitForExit(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

function readiness(child: ChildProcess): () => boolean {
  let isReady = false;
  child.on('message', (message) => {
    isReady ||= typeof message === 'object' && 'type' in message && message.type === 'ready';
  });
  return () => isReady;
}

function identify(pid: number | undefined): ProcessIdentity {
  const identity = pid === undefined ? undefined : findProcess(pid);
  return identity ?? { pid: pid ?? 0, startedAt: 'ended at once' };
}
