import { QueueFullError } from '../../shared/runtime/group-commit.ts';

const WAITING_MAX = 100;

/** Lets those who want the same thing have it one after the other; others are not held up. */
export class KeyedMutex {
  readonly #name: string;
  readonly #queues = new Map<string, { last: Promise<unknown>; count: number }>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Whether `take` would let somebody wait for `thing` now. */
  hasRoom(thing: string): boolean {
    return (this.#queues.get(thing)?.count ?? 0) <= WAITING_MAX;
  }

  /**
   * Runs `work` when whoever came before for `thing` is done.
   * @throws QueueFullError when too many wait for it already
   */
  async take<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(thing) ?? { last: Promise.resolve(), count: 0 };
    if (!this.hasRoom(thing)) throw new QueueFullError(this.#name, WAITING_MAX);
    this.#queues.set(thing, queue);
    queue.count += 1;
    const turn = queue.last.then(work, work);
    queue.last = turn;
    try {
      return await turn;
    } finally {
      queue.count -= 1;
      if (queue.count === 0) this.#queues.delete(thing);
    }
  }
}
