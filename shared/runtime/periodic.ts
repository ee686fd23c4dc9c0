import { pause } from './deadline.ts';

interface PeriodicOptions {
  readonly everyMs: number;
  /** One round. It ends early when `signal` is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Something that runs in rounds, never two at once, until it is stopped. */
export interface Periodic {
  /** Starts the next round now instead of later. */
  trigger(): void;
  /** Resolves when the round under way, if any, is over. */
  stop(): Promise<void>;
}

/** Runs rounds `everyMs` apart, counted from the end of one to the start of the next. */
export function startPeriodic(options: PeriodicOptions): Periodic {
  const stopping = new AbortController();
  let nap = new AbortController();
  let triggered = false;
  const loop = async () => {
    while (!stopping.signal.aborted) {
      triggered = false;
      try {
        await options.run(stopping.signal);
      } catch (error) {
        options.onError(error);
      }
      nap = new AbortController();
      if (!triggered && !stopping.signal.aborted) await pause(options.everyMs, nap.signal);
    }
  };
  const finished = loop();
  const trigger = () => {
    triggered = true;
    nap.abort();
  };
  return {
    trigger,
    stop: async () => {
      stopping.abort();
      nap.abort();
      await finished;
    },
  };
}
