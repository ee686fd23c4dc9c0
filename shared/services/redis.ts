import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findRedisServer } from './binaries/redis-server.ts';
import type { RunningService, ServiceOptions } from './mongodb.ts';
import { portOr } from './processes/ports.ts';
import { recoverOrphan } from './processes/recover-orphan.ts';
import { readRunRecord } from './processes/run-record.ts';
import { spawnService } from './processes/spawn-service.ts';
import { untilReady } from './processes/until-ready.ts';

const READY_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 1_000;
const STOP_DEADLINE_MS = 10_000;

/** Starts Redis with an append-only file in DATA_DIR/redis; it refuses writes rather than evict. */
export async function startRedis(options: ServiceOptions): Promise<RunningService> {
  const { dataDir, log } = options;
  const binary = await findRedisServer(options);
  const folder = join(dataDir, 'redis');
  await mkdir(folder, { recursive: true });
  await recoverOrphan({ dataDir, service: 'redis', folder, folderOption: '--dir', log });
  const last = await readRunRecord(dataDir, 'redis');
  const port = await portOr(options.port ?? last?.port);
  const service = await spawnService({
    dataDir,
    name: 'redis',
    binary: binary.path,
    args: redisArguments(folder, port),
    port,
    log,
  });
  await untilReady(service, {
    isReady: () => answersPing(port),
    timeoutMs: READY_TIMEOUT_MS,
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: service.identity.pid,
    version: binary.version,
    source: binary.source,
    exited: service.exited,
    stop: (deadlineMs = STOP_DEADLINE_MS) => service.stop(deadlineMs),
  };
}

function redisArguments(folder: string, port: number): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir: folder,
    daemonize: 'no',
    // Else it hides its command line, by which the next start knows it again after a crash.
    'set-proc-title': 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    // A rewrite of the file must not stall the queue; at worst a power cut loses what the sweep redoes.
    'no-appendfsync-on-rewrite': 'yes',
    'aof-load-truncated': 'yes',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Whether the Redis on this port has its data loaded and answers, even if its disk is full. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PING_TIMEOUT_MS });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => answer(/^(\+PONG|-MISCONF)/.test(data.toString())));
    socket.once('error', () => answer(false));
    socket.once('close', () => resolve(false));
    socket.once('timeout', () => answer(false));
  });
}
