import { withDeadline } from './deadline.ts';
import type { Logger } from './logger.ts';

/** A process that was asked to end does so within this time, drained or not. */
export const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Ends the process cleanly on SIGTERM and SIGINT, and when its parent is gone. What cannot be
 * drained in time is left to the recovery sweep.
 */
export function drainOnSignal(
  log: Logger,
  drain: () => Promise<void>,
  timeoutMs: number = DRAIN_TIMEOUT_MS,
): void {
  let isDraining = false;
  const end = (why: string) => {
    if (isDraining) return;
    isDraining = true;
    log.info({ why }, 'draining');
    withDeadline('draining', timeoutMs, drain()).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'not drained');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('disconnect', () => end('the parent is gone'));
}
