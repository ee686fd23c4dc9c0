import type { JudgedWindow, Verdict } from '../../../shared/domain/judging/verdict.ts';
import { QueueFullError } from '../../../shared/runtime/group-commit.ts';

/** The parameters of a verdict. */
export interface VerdictRequest extends JudgedWindow {
  readonly drained: boolean;
}

const WAITING_MAX = 8;

/**
 * Takes verdicts one at a time, because each reads the whole record. Equal requests share a verdict
 * that is still waiting. A verdict that has begun is not shared, because it may miss what the
 * caller has just done.
 */
export class VerdictQueue {
  readonly #take: (request: VerdictRequest) => Promise<Verdict>;
  readonly #waiting = new Map<string, Promise<Verdict>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(take: (request: VerdictRequest) => Promise<Verdict>) {
    this.#take = take;
  }

  /**
   * Waits for the verdicts requested before, and then takes the verdict.
   * @throws QueueFullError when eight different verdicts are waiting
   */
  request(request: VerdictRequest): Promise<Verdict> {
    const key = JSON.stringify([request.from, request.to, request.drained]);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new QueueFullError('verdicts'));
    }
    const verdict = this.#last.then(() => {
      this.#waiting.delete(key);
      return this.#take(request);
    });
    this.#waiting.set(key, verdict);
    this.#last = verdict.catch(() => undefined);
    return verdict;
  }
}
