import { QueueFullError } from '../../shared/runtime/group-commit.ts';

interface FairQueueOptions {
  readonly name: string;
  /** How much work may run at the same time, in total. */
  readonly parallelMax: number;
  /** How much work of one lane may run at the same time. */
  readonly laneParallelMax: number;
  /** How much work may wait, in total. */
  readonly waitingMax: number;
  /** How much work of one lane may wait. */
  readonly laneWaitingMax: number;
  /**
   * Work that has waited longer is refused instead of started: its request has timed out by then.
   */
  readonly waitMsMax: number;
}

/** Work that waits to be started. */
interface Waiting {
  /** When it was submitted, by `performance.now()`. */
  readonly since: number;
  start(): void;
  reject(error: Error): void;
}

interface Lane {
  /** The lane with the smallest number is served next. */
  order: number;
  running: number;
  readonly waiting: Waiting[];
}

/**
 * A bounded queue with a lane for each caller. Lanes are served round-robin, so a caller with a
 * thousand requests delays another caller by one request, not by a thousand. When the queue is
 * full, a caller with few requests replaces the last request of the longest lane.
 *
 * @example
 * await queue.run(callerId, () => verify(password));
 */
export class FairQueue {
  readonly #options: FairQueueOptions;
  readonly #lanes = new Map<string, Lane>();
  /** The `order` of the lane that was served last; a new lane starts with it. */
  #order = 0;
  #running = 0;
  #waiting = 0;

  constructor(options: FairQueueOptions) {
    this.#options = options;
  }

  /** How much work waits to be started. */
  get waitingCount(): number {
    return this.#waiting;
  }

  /**
   * Runs `work` when its lane is served.
   * @throws QueueFullError when too much work waits already, or this work has waited too long
   */
  run<T>(laneName: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(laneName) ?? { order: this.#order, running: 0, waiting: [] };
    if (!this.#makeRoom(lane)) return Promise.reject(this.#toFullError());
    this.#lanes.set(laneName, lane);
    return new Promise<T>((resolve, reject) => {
      const start = () => {
        work()
          .then(resolve, reject)
          .finally(() => this.#end(laneName, lane));
      };
      lane.waiting.push({ since: performance.now(), start, reject });
      this.#waiting += 1;
      this.#serve();
    });
  }

  /**
   * Returns whether the lane may take more work. If the queue is full, drops the last work of the
   * longest lane, unless this lane would then be longer.
   */
  #makeRoom(lane: Lane): boolean {
    const { waitingMax, laneWaitingMax } = this.#options;
    if (lane.waiting.length >= laneWaitingMax) return false;
    if (this.#waiting < waitingMax) return true;
    const longest = [...this.#lanes.values()].reduce((a, b) =>
      b.waiting.length > a.waiting.length ? b : a,
    );
    if (longest.waiting.length <= lane.waiting.length + 1) return false;
    longest.waiting.pop()?.reject(this.#toFullError());
    this.#waiting -= 1;
    return true;
  }

  #serve(): void {
    while (this.#running < this.#options.parallelMax) {
      const next = this.#takeNext();
      if (next === undefined) return;
      next.start();
    }
  }

  #takeNext(): Waiting | undefined {
    this.#refuseOld();
    let next: Lane | undefined;
    for (const lane of this.#lanes.values()) {
      if (lane.waiting.length === 0 || lane.running >= this.#options.laneParallelMax) continue;
      if (next === undefined || lane.order < next.order) next = lane;
    }
    const first = next?.waiting.shift();
    if (next === undefined || first === undefined) return undefined;
    this.#order = next.order;
    next.order += 1;
    next.running += 1;
    this.#running += 1;
    this.#waiting -= 1;
    return first;
  }

  #refuseOld(): void {
    const sinceMin = performance.now() - this.#options.waitMsMax;
    for (const [name, { waiting, running }] of this.#lanes) {
      while ((waiting[0]?.since ?? sinceMin) < sinceMin) {
        waiting.shift()?.reject(this.#toFullError());
        this.#waiting -= 1;
      }
      if (waiting.length === 0 && running === 0) this.#lanes.delete(name);
    }
  }

  #end(name: string, lane: Lane): void {
    this.#running -= 1;
    lane.running -= 1;
    if (lane.running === 0 && lane.waiting.length === 0) this.#lanes.delete(name);
    this.#serve();
  }

  #toFullError(): QueueFullError {
    return new QueueFullError(this.#options.name);
  }
}
