import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A client with an idle connection has this long to send one more request. */
const IDLE_GRACE_MS = 1_000;
const LOOK_EVERY_MS = 50;

/** Whether this process is about to end; once true, it stays true. */
export class DrainState {
  #isDraining = false;

  /** Whether `begin` was called. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on `/readyz` answers 503, and every answer that begins closes its connection. */
  begin(): void {
    this.#isDraining = true;
  }
}

/** Stops a server without cutting requests that it has accepted. */
export class ServerDrain {
  readonly #server: Server;
  readonly #now: () => number;
  readonly #sockets = new Set<Socket>();
  /**
   * When the last answer ended that left its connection open for another request, or when the drain
   * began.
   */
  #keptOpenAt = 0;

  constructor(server: Server, now: () => number = Date.now) {
    this.#server = server;
    this.#now = now;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (_request: IncomingMessage, response: ServerResponse) => {
      response.once('close', () => {
        if (response.writableFinished && response.shouldKeepAlive) this.#keptOpenAt = now();
      });
    });
  }

  /**
   * Stops listening and resolves when the last connection is closed. Requests under way are
   * answered first. Idle connections are closed after a second of grace. An answer that began
   * before the drain has promised to keep its connection, so the grace begins again when that
   * answer ends.
   */
  async close(): Promise<void> {
    const isClosed = this.#stopListening().then(() => true);
    this.#keptOpenAt = this.#now();
    while (!(await Promise.race([isClosed, sleep(LOOK_EVERY_MS, false)]))) {
      if (this.#now() < this.#keptOpenAt + IDLE_GRACE_MS) continue;
      this.#server.closeIdleConnections();
      // Node counts a connection that never sent a byte as busy.
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    }
  }

  /** Stops listening. `Server.close` of node:http would also close idle connections at once. */
  #stopListening(): Promise<void> {
    return new Promise((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
  }
}
