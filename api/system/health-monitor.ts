import { withDeadline } from '../../shared/runtime/deadline.ts';
import { type Periodic, startPeriodic } from '../../shared/runtime/periodic.ts';
import { endHeartbeats, HEARTBEAT_EVERY_MS, newProcess } from '../../shared/store/heartbeat.ts';
import { type Health, type HealthOptions, readHealth } from './read-health.ts';

/** If a result with problems is older than this, a request starts another check. */
const FRESH_MS = 500;
/** A request waits at most this long for that check. */
const ANSWER_TIMEOUT_MS = 600;

/** The result before the first check. */
const UNKNOWN: Health = {
  status: 'unavailable',
  problems: [{ part: 'mongodb', code: 'unreachable' }],
};

/**
 * Checks the health of the system in the background, every 2 s, so that reading a good result costs
 * nothing. `current` checks a bad result again, for at most 0.6 s.
 */
export class HealthMonitor {
  readonly #read: () => Promise<Health>;
  readonly #end: () => Promise<void>;
  readonly #checks: Periodic;
  #last: Health = UNKNOWN;
  #lastAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(read: () => Promise<Health>, end: () => Promise<void> = async () => undefined) {
    this.#read = read;
    this.#end = end;
    const run = () => this.#check();
    this.#checks = startPeriodic({ everyMs: HEARTBEAT_EVERY_MS, run, onError: () => undefined });
  }

  /** The latest result, without another check. */
  get latest(): Health {
    return this.#last;
  }

  /** Returns the latest result. If it has problems, checks again first, with a short deadline. */
  async current(): Promise<Health> {
    const isOld = performance.now() - this.#lastAt > FRESH_MS;
    if (this.#last.status !== 'ready' && isOld) {
      await withDeadline('a health check', ANSWER_TIMEOUT_MS, this.#check()).catch(() => undefined);
    }
    return this.#last;
  }

  /** Stops checking and resolves when a running check is over. */
  async stop(): Promise<void> {
    await this.#checks.stop();
    await this.#reading;
    await this.#end().catch(() => undefined);
  }

  /** Runs one check at a time; concurrent callers share it. */
  #check(): Promise<void> {
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

/**
 * Starts a monitor that writes heartbeats of this API process; `stop` removes the process's record.
 */
export function monitorHealth(options: Omit<HealthOptions, 'process'>): HealthMonitor {
  const process = newProcess('api');
  return new HealthMonitor(
    () => readHealth({ ...options, process }),
    () => endHeartbeats(options.store, process),
  );
}
