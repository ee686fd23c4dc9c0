import { connect, type Socket } from 'node:net';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import { type LightResponse, readResponse } from './read-response.ts';

export type { LightResponse } from './read-response.ts';

/** The connection ended, or nothing came, before the answer: what was done is not known. */
export class CutConnectionError extends Error {
  override readonly name = 'CutConnectionError';
}

/** One request, and who waits for its answer. */
export interface Exchange {
  readonly request: string;
  readonly resolve: (response: LightResponse) => void;
  readonly reject: (error: Error) => void;
}

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Longer than the longest wait that a request can ask the API for. */
export const SILENCE_MS_MAX = 45_000;
/** What arrives is read out of it before anything else can arrive, so one is enough for all. */
const ARRIVED = Buffer.allocUnsafe(65_536);

interface ConnectionEvents {
  /** It is connected, or has its answer, and can take an exchange. */
  readonly onFree: () => void;
  readonly onEnd: (reason: CutConnectionError) => void;
}

/** A kept-alive connection, for one request at a time. */
export class LightConnection {
  readonly #socket: Socket;
  readonly #onFree: () => void;
  #exchange: Exchange | undefined;
  #received = '';
  #endReason = 'the connection ended';

  constructor({ host, port }: Address, { onFree, onEnd }: ConnectionEvents) {
    this.#onFree = onFree;
    const callback = (bytes: number) => {
      this.#take(ARRIVED.toString('latin1', 0, bytes));
      return true;
    };
    // The system's own buffer for all: a stream would allocate one for each piece that arrives.
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: ARRIVED, callback } });
    this.#socket.setTimeout(SILENCE_MS_MAX, () =>
      this.#cut(`nothing came for ${SILENCE_MS_MAX} ms`),
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

  /** Sends a request; before the connection stands it waits for that. */
  run(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#socket.write(exchange.request);
  }

  close(): void {
    this.#socket.destroy();
  }

  #cut(reason: string): void {
    this.#endReason = reason;
    this.#socket.destroy();
  }

  #take(text: string): void {
    const exchange = this.#exchange;
    this.#received = this.#received === '' ? text : this.#received + text;
    try {
      if (exchange === undefined) throw new Error('it answered what nobody had asked');
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
