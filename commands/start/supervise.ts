import { pause } from '../../shared/runtime/deadline.ts';
import { errorMessage } from '../../shared/runtime/error-message.ts';
import type { Log } from '../../shared/runtime/output.ts';
import type { Exit } from '../../shared/services/processes/spawn-service.ts';

const FIRST_WAIT_MS = 100;
const WAIT_MAX_MS = 5_000;
const STEADY_AFTER_MS = 30_000;
const FAILED_STARTS_MAX = 20;

/** A process that is ready. */
export type Running = {
  pid: number;
  exited: Promise<Exit>;
  stop: (deadlineMs?: number) => Promise<void>;
};

/**
 * A supervised process. Calling `stop(0)` while an earlier `stop` still waits ends the process at
 * once.
 */
export type Supervised = {
  pids: () => number[];
  stop: (deadlineMs?: number) => Promise<void>;
};

type Plan = {
  name: string;
  first: Running;
  /** Resolves when the process is ready. If it fails, ends the process and throws. */
  start: (signal: AbortSignal) => Promise<Running>;
  onRestart: () => Promise<void>;
  /**
   * Whether a failed start counts towards giving up. It does not while a temporary condition
   * prevents the start: a full disk, or a missing service.
   */
  countsAsFailure?: () => Promise<boolean>;
  /** Called when the process has failed to become ready too often. */
  onGiveUp: (why: string) => void;
  log: Log;
};

/** Restarts a process whenever it ends, with growing waits. */
export function supervise(plan: Plan): Supervised {
  const stopping = new AbortController();
  const state: { current: Running | undefined; deadlineMs: number | undefined } = {
    current: plan.first,
    deadlineMs: undefined,
  };
  const keeping = keep(plan, state, stopping.signal).catch((error: unknown) => {
    plan.onGiveUp(`${plan.name}: ${errorMessage(error)}`);
  });
  return {
    pids: () => (state.current ? [state.current.pid] : []),
    stop: async (deadlineMs) => {
      state.deadlineMs = deadlineMs;
      stopping.abort();
      await state.current?.stop(deadlineMs);
      await keeping;
    },
  };
}

async function keep(
  plan: Plan,
  state: { current: Running | undefined; deadlineMs: number | undefined },
  stopping: AbortSignal,
): Promise<void> {
  let running = plan.first;
  let backoff = freshBackoff;
  while (!stopping.aborted) {
    const readyAt = Date.now();
    const exit = await running.exited;
    state.current = undefined;
    if (stopping.aborted) return;
    plan.log(`${plan.name} ended (${exit.signal ?? `code ${exit.code}`}); restarting it`);
    const end = { livedMs: Date.now() - readyAt, isFailedStart: false };
    const next = await startAgain(plan, afterEnd(backoff, end), stopping);
    state.current = next?.running;
    if (stopping.aborted) return next?.running.stop(state.deadlineMs);
    if (!next) return plan.onGiveUp(`${plan.name} no longer becomes ready`);
    ({ running, backoff } = next);
    plan.log(`${plan.name} is ready again (process ${running.pid})`);
    await plan.onRestart().catch((error: unknown) => {
      plan.log(`${plan.name}: ${errorMessage(error)}`);
    });
  }
}

async function startAgain(plan: Plan, initial: Backoff | undefined, stopping: AbortSignal) {
  for (let backoff = initial; backoff && !stopping.aborted; ) {
    await pause(backoff.waitMs, stopping);
    if (stopping.aborted) return undefined;
    try {
      return { running: await plan.start(stopping), backoff };
    } catch (error) {
      if (!stopping.aborted) plan.log(`${plan.name}: ${errorMessage(error)}`);
      const countsAsFailure = (await plan.countsAsFailure?.()) ?? true;
      backoff = afterEnd(backoff, { livedMs: 0, isFailedStart: countsAsFailure });
    }
  }
  return undefined;
}

/** The restart state of a process, from its earlier ends. */
export type Backoff = { waitMs: number; failedStarts: number };

/** How long a process ran, and whether its end counts as a failed start. */
export type End = { livedMs: number; isFailedStart: boolean };

/** The state before the first end. */
export const freshBackoff: Backoff = { waitMs: FIRST_WAIT_MS / 2, failedStarts: 0 };

/**
 * Returns the state after an end. The wait before the next start is 100 ms, doubled with every
 * early end to at most 5 s, and reset after a run of 30 s. Returns undefined after 20 failed starts
 * in a row.
 */
export function afterEnd(before: Backoff, end: End): Backoff | undefined {
  const failedStarts = end.isFailedStart ? before.failedStarts + 1 : 0;
  if (failedStarts >= FAILED_STARTS_MAX) return undefined;
  const isSteady = !end.isFailedStart && end.livedMs >= STEADY_AFTER_MS;
  const waitMs = isSteady ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, WAIT_MAX_MS);
  return { waitMs, failedStarts };
}
