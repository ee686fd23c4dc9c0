import { randomInt } from 'node:crypto';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainListenError } from '../../runtime/error-message.ts';
import { processIds, readCommandLine } from './identity.ts';

const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 1_000;
const POLL_MS = 100;
const FREE_PORT_ATTEMPTS_MAX = 50;
/** Below 32,768, where Linux begins to take ports for outgoing connections. */
const SERVER_PORTS = { from: 20_000, until: 32_768 };
/** The state of a listening socket in /proc/net/tcp. */
const LISTENING = '0A';

/** Returns whether this process could listen on this port of the loopback address. */
export function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port, LOOPBACK).then(
    () => true,
    () => false,
  );
}

/**
 * Like `isPortFree`, but throws if `host` cannot be used or the port needs rights.
 * @throws Error that explains to people what to change
 */
export async function isPortFreeOn(
  port: number,
  host: string,
  hostSetting: string,
): Promise<boolean> {
  try {
    await listenOnce(port, host);
    return true;
  } catch (error) {
    const reason = explainListenError(error, { host, port, hostSetting });
    if (reason !== undefined) throw new Error(reason);
    return false;
  }
}

/** Returns whether a server accepts connections on this port of the loopback address. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: CONNECT_TIMEOUT_MS });
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
  });
}

/**
 * Returns a free port of the loopback address. It is chosen at random below the range that systems
 * take for outgoing connections: otherwise a connection could take the port before the server
 * listens, or while it restarts. Another server may still take the port first.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < FREE_PORT_ATTEMPTS_MAX; attempt += 1) {
    const port = randomInt(SERVER_PORTS.from, SERVER_PORTS.until);
    if (await isPortFree(port)) return port;
  }
  return listenOnce(0, LOOPBACK);
}

/** Waits until this port is free. Throws an error that names the process that keeps it. */
export async function untilPortFree(port: number, timeoutMs: number): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  while (!(await isPortFree(port))) {
    if (performance.now() >= giveUpAt)
      throw new Error(`its port ${port} is taken by ${await portHolder(port)}`);
    await sleep(POLL_MS);
  }
}

/** Returns `preferred` if it is free, otherwise another free port. */
export async function portOr(preferred: number | undefined): Promise<number> {
  return preferred !== undefined && (await isPortFree(preferred)) ? preferred : freePort();
}

function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}

/**
 * Describes the process that listens on a TCP port, for a message: by its id and command line if
 * this user can see it, which is possible only on Linux.
 */
export async function portHolder(port: number): Promise<string> {
  const sockets = await listeningSockets(port);
  for (const pid of await processIds()) {
    if (await holdsSocket(pid, sockets))
      return `process ${pid} (${readCommandLine(pid) ?? 'unknown'})`;
  }
  return 'a process that this user cannot see';
}

async function listeningSockets(port: number): Promise<Set<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const [local, state, inode] = [columns[1], columns[3], columns[9]];
      if (local?.endsWith(suffix) && state === LISTENING) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

async function holdsSocket(pid: number, sockets: Set<string>): Promise<boolean> {
  if (sockets.size === 0) return false;
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}
