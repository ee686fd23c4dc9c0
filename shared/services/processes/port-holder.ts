import { readdir, readFile, readlink } from 'node:fs/promises';
import { commandLineOf } from './identity.ts';

const LISTENING = '0A';

/** Who listens on a TCP port, in words for a message; only Linux tells. */
export async function portHolder(port: number): Promise<string> {
  const sockets = await listeningSockets(port);
  for (const pid of await processIds()) {
    if (await hasOneOf(pid, sockets)) return `process ${pid} (${commandLineOf(pid) ?? 'unknown'})`;
  }
  return 'a process that cannot be seen from here';
}

async function listeningSockets(port: number): Promise<Set<string>> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(table, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/);
      const [local, state, inode] = [columns[1], columns[3], columns[9]];
      if (local?.endsWith(wanted) && state === LISTENING) sockets.add(`socket:[${inode}]`);
    }
  }
  return sockets;
}

async function processIds(): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

async function hasOneOf(pid: number, sockets: Set<string>): Promise<boolean> {
  if (sockets.size === 0) return false;
  const folder = `/proc/${pid}/fd`;
  for (const descriptor of await readdir(folder).catch(() => [])) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
    if (sockets.has(target)) return true;
  }
  return false;
}
