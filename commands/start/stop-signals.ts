import type { Log } from '../../shared/runtime/output.ts';

/** One Ctrl-C arrives several times: from the terminal, npm and the bootstrap. */
const SAME_SIGNAL_MS = 1_000;

type StopHooks = { onStop: () => void; onForce: () => void; log: Log };

/**
 * Calls `onStop` at the first SIGINT, SIGTERM or SIGHUP or when the parent process ends, and
 * `onForce` at a signal more than 1 s after the first.
 */
export function onStopSignals({ onStop, onForce, log }: StopHooks): void {
  let stoppedAt: number | undefined;
  const receive = (why: string) => {
    if (stoppedAt === undefined) {
      stoppedAt = Date.now();
      log(`${why}: stopping. A second signal stops everything at once.`);
      onStop();
    } else if (Date.now() - stoppedAt > SAME_SIGNAL_MS) {
      onForce();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => receive(signal));
  }
  process.once('disconnect', () => receive('the parent process has ended'));
}
