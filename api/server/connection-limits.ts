import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RefusedError } from '../../shared/domain/errors.ts';

/** The most requests in progress on one connection. A client has several if it pipelines them. */
const PIPELINED_MAX = 16;
/** The most connections beyond the limit. Only probes are served on them. */
const PROBED_MAX = 1_000;
const RETRY_AFTER_S = 5;
/** Matches the path of a probe, below any base path. */
const PROBE = /\/(?:healthz|readyz)(?:\?|$)/;

interface ConnectionLimitsOptions {
  readonly connectionsMax: number;
  /** Called for each refused request, and for each connection that is closed unanswered. */
  readonly onRefused: (reason: string) => void;
}

/**
 * Bounds a server's connections, and the requests that a client pipelines on one of them. Both cost
 * memory before anything is known about the caller. Probes are also answered on connections beyond
 * the limit, so that a busy process does not look dead.
 */
export class ConnectionLimits {
  readonly #onRefused: (reason: string) => void;
  readonly #inProgress = new WeakMap<Socket, number>();
  readonly #beyondLimit = new WeakSet<Socket>();
  readonly #refused = new WeakSet<Socket>();
  #count = 0;

  constructor(server: Server, { connectionsMax, onRefused }: ConnectionLimitsOptions) {
    this.#onRefused = onRefused;
    server.maxConnections = connectionsMax + PROBED_MAX;
    server.on('drop', () => onRefused('connections'));
    server.on('connection', (socket: Socket) => {
      this.#count += 1;
      if (this.#count > connectionsMax) this.#beyondLimit.add(socket);
      socket.once('close', () => {
        this.#count -= 1;
      });
    });
  }

  /**
   * Counts a request, and returns its refusal if there is one. Returns `ignored` for requests that
   * follow a refused request on the same connection, because the refusal closes the connection.
   */
  check(incoming: IncomingMessage, outgoing: ServerResponse): RefusedError | 'ignored' | undefined {
    const { socket, url = '' } = incoming;
    if (this.#refused.has(socket)) return 'ignored';
    if (this.#beyondLimit.has(socket)) {
      outgoing.shouldKeepAlive = false;
      if (!PROBE.test(url)) return this.#refuse(socket, 'connections', 'Too many connections.');
    }
    const inProgress = this.#inProgress.get(socket) ?? 0;
    if (inProgress >= PIPELINED_MAX) {
      const detail = `A connection may have at most ${PIPELINED_MAX} requests in progress.`;
      return this.#refuse(socket, 'pipelined', detail);
    }
    this.#inProgress.set(socket, inProgress + 1);
    outgoing.once('close', () => {
      this.#inProgress.set(socket, (this.#inProgress.get(socket) ?? 1) - 1);
    });
    return undefined;
  }

  #refuse(socket: Socket, reason: string, detail: string): RefusedError {
    this.#refused.add(socket);
    this.#onRefused(reason);
    const extra = { reason, retryAfterS: RETRY_AFTER_S };
    return new RefusedError('overloaded', `${detail} Try again later.`, [], extra);
  }
}
