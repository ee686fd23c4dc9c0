import { pause } from '../../shared/runtime/deadline.ts';
import {
  type Address,
  CutConnectionError,
  type Exchange,
  LightConnection,
  type LightResponse,
  SILENCE_MS_MAX,
} from './light-connection.ts';
import { HEAD_END } from './read-response.ts';

const HTTP_PORT = 80;
const WAITING_MAX = 200_000;
/**
 * How many connections are opened together. If more than `net.core.somaxconn` (4,096 by default)
 * wait for the server to accept them, the kernel drops the others and retries after 1, 3, 7 and 15
 * s.
 */
const OPENED_AT_ONCE = 500;
const OPEN_PAUSE_MS = 20;

/**
 * A minimal HTTP/1.1 client over kept-alive connections, with one request at a time on each. It
 * uses as little CPU as possible, because the load generator shares its cores with the measured
 * system. It supports only responses as Lastunit's API sends them: with a content length, never
 * chunked.
 */
export class LightClient {
  readonly #address: Address;
  /** The value of the header `Host`. */
  readonly #host: string;
  readonly #idle: LightConnection[] = [];
  readonly #connections = new Set<LightConnection>();
  readonly #connectionsMax: number;
  readonly #onChange: ((reason: CutConnectionError | undefined) => void)[] = [];
  #waiting: Exchange[] = [];
  #next = 0;
  #isClosed = false;

  /** @throws TypeError if `url` is not an http:// URL */
  constructor(url: string, connectionsMax: number) {
    const { protocol, host, hostname, port } = new URL(url);
    if (protocol !== 'http:') throw new TypeError(`this client supports only http://, not ${url}`);
    this.#host = host;
    this.#address = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? HTTP_PORT : Number(port),
    };
    this.#connectionsMax = connectionsMax;
  }

  /**
   * Opens the maximum number of connections, so that no request has to wait for one.
   * @throws CutConnectionError if a connection fails
   */
  async open(): Promise<void> {
    while (this.#connections.size < this.#connectionsMax) {
      const next = Math.min(this.#connections.size + OPENED_AT_ONCE, this.#connectionsMax);
      while (this.#connections.size < next) this.#open();
      await this.#untilIdle(next);
      await pause(OPEN_PAUSE_MS);
    }
  }

  async #untilIdle(count: number): Promise<void> {
    while (this.#idle.length < count) {
      const reason = await new Promise<CutConnectionError | undefined>((resolve) => {
        this.#onChange.push(resolve);
      });
      if (reason !== undefined) throw reason;
    }
  }

  /**
   * Sends one request as soon as a connection is free. `headers` are lines that end in CRLF. Does
   * not retry: rejects with CutConnectionError if the connection ends before the response, or if the
   * server sends nothing for `silenceMs`, and with Error if too many requests wait for a connection.
   */
  send(
    method: string,
    path: string,
    headers: string,
    body = '',
    silenceMs = SILENCE_MS_MAX,
  ): Promise<LightResponse> {
    const length = Buffer.byteLength(body);
    const request = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${headers}Content-Length: ${length}${HEAD_END}${body}`;
    return new Promise((resolve, reject) => {
      const exchange = { request, resolve, reject, silenceMs };
      if (this.#isClosed) return reject(new CutConnectionError('the client was closed'));
      const free = this.#idle.pop();
      if (free !== undefined) free.run(exchange);
      else if (this.#connections.size < this.#connectionsMax) this.#open().run(exchange);
      else if (this.#waitingCount < WAITING_MAX) this.#waiting.push(exchange);
      else reject(new Error(`more than ${WAITING_MAX} requests wait for a connection`));
    });
  }

  /** Closes every connection and rejects running and waiting requests. */
  close(): void {
    this.#isClosed = true;
    for (let next = this.#takeWaiting(); next !== undefined; next = this.#takeWaiting()) {
      next.reject(new CutConnectionError('the client was closed'));
    }
    for (const connection of this.#connections) connection.close();
  }

  get #waitingCount(): number {
    return this.#waiting.length - this.#next;
  }

  #open(): LightConnection {
    const connection: LightConnection = new LightConnection(this.#address, {
      onFree: () => this.#use(connection),
      onEnd: (reason) => this.#forget(connection, reason),
    });
    this.#connections.add(connection);
    return connection;
  }

  #use(connection: LightConnection): void {
    const exchange = this.#takeWaiting();
    if (exchange === undefined) this.#idle.push(connection);
    else connection.run(exchange);
    this.#changed();
  }

  #forget(connection: LightConnection, reason: CutConnectionError): void {
    this.#connections.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    const exchange = this.#takeWaiting();
    if (exchange !== undefined) this.#open().run(exchange);
    this.#changed(reason);
  }

  #changed(reason?: CutConnectionError): void {
    if (this.#onChange.length === 0) return;
    for (const resolve of this.#onChange.splice(0)) resolve(reason);
  }

  /** Removes the first waiting exchange. Unlike `shift`, this does not move all items each time. */
  #takeWaiting(): Exchange | undefined {
    const exchange = this.#waiting[this.#next];
    if (exchange !== undefined) this.#next += 1;
    if (this.#next === this.#waiting.length && this.#next > 0) {
      this.#waiting = [];
      this.#next = 0;
    }
    return exchange;
  }
}
