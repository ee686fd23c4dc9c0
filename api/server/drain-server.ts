import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clients that keep a connection may be about to use it: they get so long to send one more request. */
const IDLE_GRACE_MS = 1_000;
const LOOK_EVERY_MS = 50;

/** Stops a server without cutting off what it has accepted. */
export class ServerDrain {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /**
   * Stops listening and resolves when the last connection is closed. Requests under way are
   * answered first. Connections that nobody uses are closed after a second of grace.
   */
  async close(): Promise<void> {
    const closed = this.#stopListening();
    const idleUntil = Date.now() + IDLE_GRACE_MS;
    const isClosed = closed.then(() => true);
    while (!(await Promise.race([isClosed, sleep(LOOK_EVERY_MS, false)]))) {
      if (Date.now() < idleUntil) continue;
      this.#server.closeIdleConnections();
      // Node takes a connection that never sent a byte for one that is busy.
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Cuts off what is still there: for when the time to drain is over. */
  cut(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** `Server.close` of node:http would close idle connections at once, under their clients' hands. */
  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
  }
}
