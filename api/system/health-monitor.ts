import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { BEAT_EVERY_MS, endBeating, newProcess } from '../../shared/store/heartbeat.ts';
import { type Health, type HealthOptions, readHealth } from './read-health.ts';

/** What was found this long ago, and was not good, is looked at again when somebody asks. */
const FRESH_MS = 500;
/** How long an answer waits for that. */
const ANSWER_TIMEOUT_MS = 600;

/** Before the first look. */
const UNKNOWN: Health = {
  status: 'unavailable',
  problems: [{ part: 'mongodb', code: 'unreachable' }],
};

/**
 * Knows how the system stands. It looks in the background, every 2 s, so that asking it costs
 * nothing and never hangs, whatever is frozen.
 */
export class HealthMonitor {
  readonly #read: () => Promise<Health>;
  readonly #end: () => Promise<void>;
  readonly #looking: Periodic;
  #last: Health = UNKNOWN;
  #lastAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(read: () => Promise<Health>, end: () => Promise<void> = async () => undefined) {
    this.#read = read;
    this.#end = end;
    const run = () => this.#look();
    this.#looking = startPeriodic({ everyMs: BEAT_EVERY_MS, run, onError: () => undefined });
  }

  /** What was found last; when that was not good, after a short look whether it still holds. */
  async current(): Promise<Health> {
    const isOld = performance.now() - this.#lastAt > FRESH_MS;
    if (this.#last.status !== 'ready' && isOld) {
      await withDeadline('a look', ANSWER_TIMEOUT_MS, this.#look()).catch(() => undefined);
    }
    return this.#last;
  }

  /** Resolves when a look that is under way is over. */
  async stop(): Promise<void> {
    await this.#looking.stop();
    await this.#reading;
    await this.#end().catch(() => undefined);
  }

  /** One look at a time, whoever asks for it. */
  #look(): Promise<void> {
    this.#reading ??= this.#read()
      .then((health) => {
        this.#last = health;
        this.#lastAt = performance.now();
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }
}

/** Begins to look, as a process of its own in the record; `stop` takes it out of the record. */
export function monitorHealth(options: Omit<HealthOptions, 'process'>): HealthMonitor {
  const process = newProcess('api');
  return new HealthMonitor(
    () => readHealth({ ...options, process }),
    () => endBeating(options.store, process),
  );
}
