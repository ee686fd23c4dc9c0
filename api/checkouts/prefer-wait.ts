import { WAIT_SECONDS_MAX } from '../../shared/contract/limits.ts';

/** How long `Prefer: wait=N` (RFC 7240) asks to wait, in ms; anything else is not preferred. */
export function preferredWaitMs(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), WAIT_SECONDS_MAX) * 1_000;
}
