import { pause } from './deadline.ts';

interface PeriodicOptions {
  readonly everyMs: number;
  /** Runs one round; should return early when `signal` is aborted. */
  readonly run: (signal: AbortSignal) => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** A task that runs in rounds, one at a time, until it is stopped. */
export interface Periodic {
  /** Starts the next round now, or as soon as the current round has ended. */
  trigger(): void;
  /** Stops; resolves when the current round has ended. */
  stop(): Promise<void>;
}

/** Runs rounds with a pause of `everyMs` between them. */
export function startPeriodic(options: PeriodicOptions): Periodic {
  const stopping = new AbortController();
  let pausing = new AbortController();
  let triggered = false;
  const loop = async () => {
    while (!stopping.signal.aborted) {
      triggered = false;
      try {
        await options.run(stopping.signal);
      } catch (error) {
        options.onError(error);
      }
      pausing = new AbortController();
      if (!triggered && !stopping.signal.aborted) await pause(options.everyMs, pausing.signal);
    }
  };
  const finished = loop();
  const trigger = () => {
    triggered = true;
    pausing.abort();
  };
  return {
    trigger,
    stop: async () => {
      stopping.abort();
      pausing.abort();
      await finished;
    },
  };
}
