import {
  type Address,
  CutConnectionError,
  type Exchange,
  LightConnection,
  type LightResponse,
} from './light-connection.ts';
import { HEAD_END } from './read-response.ts';

const HTTP_PORT = 80;
const WAITING_MAX = 200_000;

/**
 * A client for HTTP/1.1 over kept-alive connections, one request at a time on each, that costs the
 * machine as little as can be: the load generator shares its two cores with what it measures. It
 * understands what Lastunit's API answers (a content length, never chunks) and no more.
 */
export class LightClient {
  readonly #address: Address;
  readonly #idle: LightConnection[] = [];
  readonly #connections = new Set<LightConnection>();
  readonly #connectionsMax: number;
  readonly #onChange: ((reason: CutConnectionError | undefined) => void)[] = [];
  #waiting: Exchange[] = [];
  #next = 0;
  #isClosed = false;

  /** @throws TypeError unless `url` is an http:// one */
  constructor(url: string, connectionsMax: number) {
    const { protocol, hostname, port } = new URL(url);
    if (protocol !== 'http:') throw new TypeError(`this client speaks http:// only, not ${url}`);
    this.#address = {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? HTTP_PORT : Number(port),
    };
    this.#connectionsMax = connectionsMax;
  }

  /**
   * Opens every connection that there may be and resolves when all stand, so that no request has
   * to wait for one.
   * @throws CutConnectionError when one of them could not be made
   */
  async open(): Promise<void> {
    while (this.#connections.size < this.#connectionsMax) this.#open();
    while (this.#idle.length < this.#connectionsMax) {
      const reason = await new Promise<CutConnectionError | undefined>((resolve) => {
        this.#onChange.push(resolve);
      });
      if (reason !== undefined) throw reason;
    }
  }

  /**
   * Sends one request as soon as a connection is free; `headers` as lines ending in CRLF. Rejects
   * with CutConnectionError; nothing is tried again here.
   */
  send(method: string, path: string, headers: string, body = ''): Promise<LightResponse> {
    const length = Buffer.byteLength(body);
    const request = `${method} ${path} HTTP/1.1\r\nHost: ${this.#address.host}\r\n${headers}Content-Length: ${length}${HEAD_END}${body}`;
    return new Promise((resolve, reject) => {
      const exchange = { request, resolve, reject };
      if (this.#isClosed) return reject(new CutConnectionError('the client was closed'));
      const free = this.#idle.pop();
      if (free !== undefined) free.run(exchange);
      else if (this.#connections.size < this.#connectionsMax) this.#open().run(exchange);
      else if (this.#waitingCount < WAITING_MAX) this.#waiting.push(exchange);
      else reject(new Error(`more than ${WAITING_MAX} requests wait for a connection`));
    });
  }

  /** Cuts every connection; what is under way or waits is rejected. */
  close(): void {
    this.#isClosed = true;
    for (let each = this.#takeWaiting(); each !== undefined; each = this.#takeWaiting()) {
      each.reject(new CutConnectionError('the client was closed'));
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
    for (const look of this.#onChange.splice(0)) look(reason);
  }

  /** `shift` moves the whole of a long array each time. */
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
