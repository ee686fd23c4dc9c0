import { QueueFullError } from '../../shared/runtime/group-commit.ts';

const WAITING_MAX = 100;

/** Runs work on the same key one after the other; work on different keys runs concurrently. */
export class KeyedMutex {
  readonly #name: string;
  readonly #queues = new Map<string, { last: Promise<unknown>; count: number }>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Returns whether `run` would accept more work on the key now. */
  hasRoom(key: string): boolean {
    return (this.#queues.get(key)?.count ?? 0) <= WAITING_MAX;
  }

  /**
   * Runs `work` when all earlier work on the key is done.
   * @throws QueueFullError when too much work waits for the key
   */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(key) ?? { last: Promise.resolve(), count: 0 };
    if (!this.hasRoom(key)) throw new QueueFullError(this.#name);
    this.#queues.set(key, queue);
    queue.count += 1;
    const result = queue.last.then(work, work);
    queue.last = result;
    try {
      return await result;
    } finally {
      queue.count -= 1;
      if (queue.count === 0) this.#queues.delete(key);
    }
  }
}
