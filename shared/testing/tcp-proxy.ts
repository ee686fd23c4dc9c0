import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy that acts like a virtual address in front of a server, including its failures. */
export interface TcpProxy {
  readonly port: number;
  /** Changes the target of new connections. Open connections keep their server. */
  retarget(port: number): void;
  /**
   * Keeps open connections open but forwards nothing in either direction, not even a FIN. New
   * connections work unless `alsoNew` is set.
   */
  stall(options?: { readonly alsoNew?: boolean }): void;
  /** Lets new connections work again. */
  heal(): void;
  /** Closes all open connections, as a server does that stops. New connections work. */
  cut(): void;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts a proxy on a free port.
 * @param target a port on loopback
 */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let stalled = new Set<Socket>();
  let isStalling = false;
  // Half-open by design: a stalled connection must not respond to a FIN.
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
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
