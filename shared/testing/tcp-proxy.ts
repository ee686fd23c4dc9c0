import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between clients and a server as a virtual address does, and breaks as one. */
export interface TcpProxy {
  readonly port: number;
  /** Where new connections lead; those that are open stay with their server. */
  retarget(port: number): void;
  /**
   * Open connections stay open and carry nothing any more, in either direction, not even their end.
   * New ones work, unless `alsoNew`.
   */
  stall(options?: { readonly alsoNew?: boolean }): void;
  /** New connections work again. */
  heal(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** @param target a port on loopback */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let stalled = new Set<Socket>();
  let isStalling = false;
  // Half-open on purpose: a stalled connection does not answer a FIN either.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    sockets.add(client);
    client.on('error', () => client.destroy()).on('close', () => sockets.delete(client));
    if (isStalling) {
      client.resume();
      return;
    }
    const upstream = connect({ port: target, host: HOST, allowHalfOpen: true });
    sockets.add(upstream);
    upstream.on('error', () => client.destroy()).on('close', () => sockets.delete(upstream));
    pass(client, upstream);
    pass(upstream, client);
  });
  const pass = (from: Socket, to: Socket) => {
    const isStalled = () => stalled.has(from);
    from.on('data', (data) => isStalled() || to.write(data));
    from.on('end', () => isStalled() || to.end());
    from.on('close', () => isStalled() || to.destroy());
  };
  server.listen(0, HOST);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    retarget: (port) => {
      target = port;
    },
    stall: ({ alsoNew = false } = {}) => {
      stalled = new Set(sockets);
      isStalling = alsoNew;
    },
    heal: () => {
      isStalling = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
