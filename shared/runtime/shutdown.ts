import { withDeadline } from './deadline.ts';
import type { Logger } from './logger.ts';

/** By default, a stopping process exits within this time, drained or not. */
export const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Drains and exits on SIGTERM, SIGINT and SIGHUP, and when the parent process ends. The recovery
 * sweep takes over what could not be drained in time.
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
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => end(signal));
  }
  process.on('disconnect', () => end('the parent is gone'));
}
