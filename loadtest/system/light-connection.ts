import { connect, type Socket } from 'node:net';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { type LightResponse, readResponse } from './read-response.ts';

export type { LightResponse } from './read-response.ts';

/** The connection ended or was silent before the response. The request may have taken effect. */
export class CutConnectionError extends Error {
  override readonly name = 'CutConnectionError';
}

/** A request and the callbacks for its response. */
export interface Exchange {
  readonly request: string;
  readonly resolve: (response: LightResponse) => void;
  readonly reject: (error: Error) => void;
  /** The connection is cut if no data arrives for this long. */
  readonly silenceMs: number;
}

/** The address of a server. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** By default. Longer than the longest wait that a request can specify. */
export const SILENCE_MS_MAX = 45_000;
/** The receive buffer of all connections. Data is copied out before more can arrive. */
const RECEIVE_BUFFER = Buffer.allocUnsafe(65_536);

interface ConnectionEvents {
  /** Called when the connection is ready for the next exchange. */
  readonly onFree: () => void;
  readonly onEnd: (reason: CutConnectionError) => void;
}

/** A kept-alive connection for one request at a time. */
export class LightConnection {
  readonly #socket: Socket;
  readonly #onFree: () => void;
  #exchange: Exchange | undefined;
  #received = '';
  #endReason = 'the connection ended';

  constructor({ host, port }: Address, { onFree, onEnd }: ConnectionEvents) {
    this.#onFree = onFree;
    const callback = (bytes: number) => {
      this.#receive(RECEIVE_BUFFER.toString('latin1', 0, bytes));
      return true;
    };
    // One buffer for all connections: a stream would allocate one for each chunk.
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: RECEIVE_BUFFER, callback },
    });
    this.#socket.setTimeout(SILENCE_MS_MAX, () =>
      this.#cut(`no data for ${this.#socket.timeout} ms`),
    );
    this.#socket.on('connect', () => {
      if (this.#exchange === undefined) this.#onFree();
    });
    this.#socket.on('end', () => this.#socket.destroy());
    this.#socket.on('error', (error) => {
      this.#endReason = error.message || error.name;
    });
    this.#socket.on('close', () => {
      const reason = new CutConnectionError(this.#endReason);
      const exchange = this.#exchange;
      this.#exchange = undefined;
      onEnd(reason);
      exchange?.reject(reason);
    });
  }

  /** Sends a request, as soon as the connection is established. */
  run(exchange: Exchange): void {
    this.#exchange = exchange;
    const { silenceMs } = exchange;
    // Setting a timeout costs CPU time.
    if (silenceMs !== this.#socket.timeout) this.#socket.setTimeout(silenceMs);
    this.#socket.write(exchange.request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #cut(reason: string): void {
    this.#endReason = reason;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const exchange = this.#exchange;
    this.#received = this.#received === '' ? text : this.#received + text;
    try {
      if (exchange === undefined) throw new Error('the server sent a response without a request');
      const answer = readResponse(this.#received);
      if (answer === undefined) return;
      this.#received = '';
      this.#exchange = undefined;
      exchange.resolve(answer.response);
      if (answer.keepsConnection) this.#onFree();
      else this.#socket.destroy();
    } catch (error) {
      this.#cut(errorMessage(error));
    }
  }
}
