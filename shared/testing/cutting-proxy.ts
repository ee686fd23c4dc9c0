import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Responses that a proxy holds back. */
interface HeldAnswers {
  readonly count: number;
  /** Forwards the held responses and holds back no more. */
  release(): void;
}

/** A proxy between a client and MongoDB that cuts connections on demand. */
export interface CuttingProxy {
  /** The MongoDB URL through the proxy. */
  readonly url: string;
  /**
   * Forwards the next `times` commands of this name to the server, but cuts the client's connection
   * instead of returning the response.
   */
  loseAnswersTo(command: string, times: number): void;
  /** Forwards commands of this name and holds back their responses until they are released. */
  holdAnswersTo(command: string): HeldAnswers;
  /** The number of responses still to lose. */
  readonly leftToLose: number;
  /** Cuts every connection and accepts no new connections. */
  down(): void;
  /** Accepts connections again. */
  up(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts a proxy in front of a MongoDB server.
 * @param url the URL of one server on loopback; the replica set is not discovered
 */
export async function startCuttingProxy(url: string): Promise<CuttingProxy> {
  const { hostname, port, pathname } = new URL(url);
  const sockets = new Set<Socket>();
  let lost = { command: '', times: 0 };
  const held = { command: '', answers: [] as (() => void)[] };
  let isDown = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let isCutNext = false;
    let isHeldNext = false;
    const end = () => {
      for (const socket of [client, upstream]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    if (isDown) return end();
    client.on('data', (data) => {
      if (lost.times > 0 && data.includes(`${lost.command}\0`)) {
        lost.times -= 1;
        isCutNext = true;
      }
      isHeldNext = held.command !== '' && data.includes(`${held.command}\0`);
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (isCutNext) end();
      else if (isHeldNext) held.answers.push(() => client.write(data));
      else client.write(data);
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxyPort = (server.address() as AddressInfo).port;
  return {
    url: `mongodb://${HOST}:${proxyPort}${pathname}?directConnection=true`,
    get leftToLose() {
      return lost.times;
    },
    loseAnswersTo: (command, times) => {
      lost = { command, times };
    },
    holdAnswersTo: (command) => {
      held.command = command;
      return {
        get count() {
          return held.answers.length;
        },
        release: () => {
          held.command = '';
          for (const answer of held.answers.splice(0)) answer();
        },
      };
    },
    down: () => {
      isDown = true;
      cutAll();
    },
    up: () => {
      isDown = false;
    },
    close: async () => {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
}
