import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../runtime/output.ts';
import type { FoundBinary } from './binaries/first-that-works.ts';
import { portOr } from './processes/ports.ts';
import { recoverOrphan } from './processes/recover-orphan.ts';
import { readRunRecord } from './processes/run-record.ts';
import { type Exit, type ServiceProcess, spawnService } from './processes/spawn-service.ts';

/** A server that this process has started on loopback. `stop` ends it cleanly and keeps its data. */
export type RunningService = {
  url: string;
  port: number;
  pid: number;
  version: string;
  /** Where its program was found, as text for the log. */
  source: string;
  exited: Promise<Exit>;
  stop: (deadlineMs?: number) => Promise<void>;
};

/** Where a server keeps its data and programs, and how it is started. */
export type ServiceOptions = {
  dataDir: string;
  cacheDir: string;
  log: Log;
  /** By default the port of the last run. If the port is taken, the server gets a free port. */
  port?: number;
  /** The size of WiredTiger's cache in GB, for a mongod; 2 by default. */
  cacheGb?: number;
};

/** How to start one kind of server: MongoDB or Redis. */
interface Server {
  /** The name of its log and its run record. */
  readonly name: string;
  readonly binary: FoundBinary;
  /** Its data folder in DATA_DIR. */
  readonly folderName: string;
  /** The command-line option that names the data folder. */
  readonly folderOption: string;
  /** Returns the process id that the server wrote to its data folder, if any. */
  readonly readPid?: (folder: string) => Promise<number | undefined>;
  readonly args: (folder: string, port: number) => string[];
  /** Resolves when the server can be used. */
  readonly prepare: (service: ServiceProcess, port: number) => Promise<void>;
  readonly url: (port: number) => string;
  readonly stopDeadlineMs: number;
}

/** Starts a server with its data in DATA_DIR. First ends a server that a crashed run has left behind. */
export async function startServer(
  { dataDir, port: preferred, log }: ServiceOptions,
  server: Server,
): Promise<RunningService> {
  const { name, binary, folderOption, stopDeadlineMs } = server;
  const folder = join(dataDir, server.folderName);
  await mkdir(folder, { recursive: true });
  const pidInFolder = await server.readPid?.(folder);
  await recoverOrphan({ dataDir, service: name, folder, pidInFolder, folderOption, log });
  const lastRun = await readRunRecord(dataDir, name);
  const port = await portOr(preferred ?? lastRun?.port);
  const args = server.args(folder, port);
  const service = await spawnService({ dataDir, name, binary: binary.path, args, port, log });
  await server.prepare(service, port).catch(async (error: unknown) => {
    await service.stop(stopDeadlineMs);
    throw error;
  });
  return {
    url: server.url(port),
    port,
    pid: service.identity.pid,
    version: binary.version,
    source: binary.source,
    exited: service.exited,
    stop: (deadlineMs = stopDeadlineMs) => service.stop(deadlineMs),
  };
}
