import type { JudgedWindow, Verdict } from '../../../shared/domain/judging/verdict.ts';
import { QueueFullError } from '../../../shared/runtime/group-commit.ts';

/** What is asked of one verdict. */
export interface VerdictRequest extends JudgedWindow {
  readonly drained: boolean;
}

const WAITING_MAX = 8;

/**
 * Has verdicts taken one at a time, for each reads the whole record. Who asks for one that is
 * still waiting its turn shares it; one that has begun is not shared, since it would not show
 * what the asker did last.
 */
export class VerdictQueue {
  readonly #take: (request: VerdictRequest) => Promise<Verdict>;
  readonly #waiting = new Map<string, Promise<Verdict>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(take: (request: VerdictRequest) => Promise<Verdict>) {
    this.#take = take;
  }

  /** @throws QueueFullError when eight different ones wait already */
  ask(request: VerdictRequest): Promise<Verdict> {
    const key = JSON.stringify([request.from, request.to, request.drained]);
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new QueueFullError('verdicts', WAITING_MAX));
    }
    const turn = this.#last.then(() => {
      this.#waiting.delete(key);
      return this.#take(request);
    });
    this.#waiting.set(key, turn);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
