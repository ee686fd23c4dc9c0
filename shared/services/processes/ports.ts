import { connect, createServer } from 'node:net';

import { setTimeout as sleep } from 'node:timers/promises';
import { explainListenError } from '../../runtime/listen-error.ts';
import { portHolder } from './port-holder.ts';

const LOOPBACK = '127.0.0.1';
const CONNECT_TIMEOUT_MS = 1_000;
const LOOK_EVERY_MS = 100;

/** Whether nobody listens on this port of `host` and we may. */
export function isPortFree(port: number, host = LOOPBACK): Promise<boolean> {
  return listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

/** As `isPortFree`, but throws where `host` cannot be listened on at all, whatever the port. */
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

/** Whether somebody accepts connections on this port of the loopback address. */
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

/** A port of the loopback address that was free a moment ago. */
export function freePort(): Promise<number> {
  return listenOnce(0, LOOPBACK);
}

/** Waits until nobody listens on this port. Throws, saying who does, when it does not get free. */
export async function untilPortFree(port: number, timeoutMs: number): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  while (!(await isPortFree(port))) {
    if (Date.now() >= giveUpAt)
      throw new Error(`its port ${port} is taken by ${await portHolder(port)}`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** `wanted` if it is free, else a free one: what was kept beside the data stays valid if it can. */
export async function portOr(wanted: number | undefined): Promise<number> {
  return wanted !== undefined && (await isPortFree(wanted)) ? wanted : freePort();
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
