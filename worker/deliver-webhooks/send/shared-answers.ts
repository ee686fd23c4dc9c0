import type { Clock } from '../../../shared/runtime/clock.ts';
import type { NameResolver } from './resolve-target.ts';

/** How long one answer of a resolver is good for. */
const SHARED_MS = 3_000;

/** The answer of a resolver that the attempts of one turn share. */
export interface SharedAnswers {
  readonly resolve: NameResolver;
  /** Has the next attempt ask again: something was wrong, perhaps with the address. */
  forget(): void;
}

/**
 * Asks the resolver once for all attempts of a few seconds. Only the question is saved: whoever uses
 * the answer checks every address of it and connects to one that has been checked. One answer is
 * kept, since an endpoint has one name; what fails, or has no address, is not.
 */
export function shareAnswers(resolver: NameResolver, clock: Clock): SharedAnswers {
  interface Kept {
    readonly host: string;
    readonly untilMs: number;
    readonly answer: Promise<readonly string[]>;
  }
  let kept: Kept | undefined;
  const ask = (host: string, untilMs: number): Kept => {
    const asked: Kept = { host, untilMs, answer: resolver(host) };
    const drop = () => {
      if (kept === asked) kept = undefined;
    };
    asked.answer.then((addresses) => {
      if (addresses.length === 0) drop();
    }, drop);
    return asked;
  };
  return {
    resolve: (host) => {
      const nowMs = clock.now().getTime();
      if (kept === undefined || kept.host !== host || kept.untilMs <= nowMs) {
        kept = ask(host, nowMs + SHARED_MS);
      }
      return kept.answer;
    },
    forget: () => {
      kept = undefined;
    },
  };
}
