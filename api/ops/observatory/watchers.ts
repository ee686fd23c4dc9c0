import { RefusedError } from '../../../shared/domain/errors.ts';
import { withDeadline } from '../../../shared/runtime/deadline.ts';

/** How many watchers a process may have. */
const WATCHERS_MAX = 100;
/** Bytes that may wait for a watcher: more than a minute of figures. */
const BUFFER_BYTES_MAX = 512 * 1_024;
/** After this time a stream ends; browsers open another one, which checks the login again. */
const WATCH_MS_MAX = 15 * 60 * 1_000;
const RETRY_AFTER_S = 30;
const ADMITTED_TIMEOUT_MS = 400;

/** The connection of a watcher. */
export interface WatcherConnection {
  /** Closes the connection at once, even if data waits to be sent. */
  cut(): void;
  /** Returns whether the operator of the connection may still watch. */
  isAdmitted(): Promise<boolean>;
}

interface Watcher {
  readonly connection: WatcherConnection;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly endAt: number;
}

/**
 * The streams that send the figures. All streams share the bytes of a frame. A watcher that reads
 * too slowly is cut off, so it holds a bounded amount of memory and delays no one.
 */
export class Watchers {
  readonly #watchers = new Set<Watcher>();
  readonly #onEmpty: () => void;

  /** @param onEmpty called when the last watcher has disconnected */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** The number of open streams. */
  get count(): number {
    return this.#watchers.size;
  }

  /**
   * Opens a stream that begins with the frame `first`.
   * @throws RefusedError too_many_waits
   */
  open(first: Uint8Array, connection: WatcherConnection): ReadableStream<Uint8Array> {
    if (this.#watchers.size >= WATCHERS_MAX) {
      const detail = `This process has ${WATCHERS_MAX} watchers already. Try again later.`;
      throw new RefusedError('too_many_waits', detail, [], { retryAfterS: RETRY_AFTER_S });
    }
    let watcher: Watcher | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const endAt = performance.now() + WATCH_MS_MAX;
          watcher = { controller, endAt, connection };
          this.#watchers.add(watcher);
          controller.enqueue(first);
        },
        cancel: () => {
          if (watcher !== undefined) this.#remove(watcher);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES_MAX }),
    );
  }

  /**
   * Sends a frame to all watchers whose login is still valid. Cuts off slow watchers and watchers
   * whose login has ended, and ends streams that have reached their maximum time. A watcher whose
   * login cannot be checked misses the frame.
   */
  async send(frame: Uint8Array): Promise<void> {
    const watchers = [...this.#watchers];
    await Promise.all(
      watchers.map(async (watcher) => {
        const isAdmitted = await checkAdmitted(watcher.connection);
        if (this.#watchers.has(watcher)) this.#sendTo(watcher, frame, isAdmitted);
      }),
    );
  }

  #sendTo(watcher: Watcher, frame: Uint8Array, isAdmitted: boolean | undefined): void {
    const { controller, endAt, connection } = watcher;
    if (isAdmitted === false || (controller.desiredSize ?? 0) <= 0) {
      this.#remove(watcher);
      connection.cut();
    } else if (performance.now() >= endAt) {
      this.#end(watcher);
    } else if (isAdmitted) {
      controller.enqueue(frame);
    }
  }

  /** Ends all streams. */
  end(): void {
    for (const watcher of this.#watchers) this.#end(watcher);
  }

  #end(watcher: Watcher): void {
    this.#remove(watcher);
    watcher.controller.close();
  }

  #remove(watcher: Watcher): void {
    if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#onEmpty();
  }
}

/** Returns undefined if the check failed. */
function checkAdmitted(connection: WatcherConnection): Promise<boolean | undefined> {
  const checking = withDeadline('checking a login', ADMITTED_TIMEOUT_MS, connection.isAdmitted());
  return checking.catch(() => undefined);
}
