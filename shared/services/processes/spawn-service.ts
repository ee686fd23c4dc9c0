import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { childEnv } from '../../runtime/env.ts';
import { errorMessage } from '../error-message.ts';
import type { Log } from '../log.ts';
import { endProcess } from './end-process.ts';
import { identityOf, type ProcessIdentity } from './identity.ts';
import { openLog } from './log-file.ts';
import { writeRunRecord } from './run-record.ts';

/** How a process ended: by itself with a code, or by a signal. */
export type Exit = { code: number | null; signal: NodeJS.Signals | null };

/** A service's process, started by us. */
export type ServiceProcess = {
  identity: ProcessIdentity;
  logFile: string;
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<Exit>;
  /** Whether it sent `{type: 'ready'}` over its channel, if it has one. */
  hasSaidReady: () => boolean;
  /** SIGTERM, then SIGKILL after the deadline; resolves when it has ended. */
  stop: (deadlineMs: number) => Promise<void>;
};

interface Spawned extends Pick<ServiceProcess, 'identity' | 'stop'> {
  readonly dataDir: string;
  readonly name: string;
}

const running = new Set<Spawned>();

/** Ends what this process has spawned under this name on this data, if it still runs. */
export async function stopSpawned(
  dataDir: string,
  name: string,
  deadlineMs: number,
): Promise<void> {
  const earlier = [...running].filter((each) => each.dataDir === dataDir && each.name === name);
  await Promise.all(earlier.map((each) => each.stop(deadlineMs)));
}

/** Ends whatever this process has spawned and not ended yet, also what was not ready yet. */
export async function stopAllSpawned(deadlineMs: number): Promise<void> {
  await Promise.all([...running].map((service) => service.stop(deadlineMs)));
}

type Service = {
  dataDir: string;
  name: string;
  binary: string;
  args: string[];
  /** Kept beside the data, for a service that should have the same port next time. */
  port?: number;
  env?: Record<string, string>;
  /** Opens a channel, over which a Node process says it is ready and notices that we are gone. */
  hasChannel?: boolean;
  log?: Log;
};

/** Starts a service that writes to DATA_DIR/logs/<name>.log, and records who runs on this data. */
export async function spawnService(service: Service): Promise<ServiceProcess> {
  const { dataDir, name, port, log = () => undefined } = service;
  const logFile = join(dataDir, 'logs', `${name}.log`);
  const output = await openLog(logFile).catch((error: unknown) => {
    log(`${name} runs without a log: ${errorMessage(error)}`);
    return undefined;
  });
  const sink = output?.fd ?? 'ignore';
  const child = spawn(service.binary, service.args, {
    stdio: ['ignore', sink, sink, ...(service.hasChannel ? (['ipc'] as const) : [])],
    env: childEnv(service.env),
    // A Ctrl-C in the terminal must reach it through our ordered shutdown only.
    detached: true,
  });
  const exited = exitOf(child);
  const hasSaidReady = readiness(child);
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
  const started = { identity, logFile, exited, hasSaidReady, stop };
  const spawned = { dataDir, name, identity, stop };
  running.add(spawned);
  void exited.then(() => running.delete(spawned));
  const run = { process: identity, launcher: identify(process.pid), port };
  // The record serves the next run. This one knows its processes without it.
  await writeRunRecord(dataDir, name, run).catch((error: unknown) => {
    log(
      `the record of ${name}, process ${identity.pid}, cannot be written: ${errorMessage(error)}`,
    );
  });
  return started;
}

function exitOf(child: ChildProcess): Promise<Exit> {
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
  const identity = pid === undefined ? undefined : identityOf(pid);
  return identity ?? { pid: pid ?? 0, startedAt: 'ended at once' };
}
