import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { WAIT_SECONDS_MAX } from '../../shared/contract/limits.ts';

/** The schema of the header `Prefer`, for routes that can wait for an outcome. */
export const preferWait = z
  .string()
  .optional()
  .openapi({ example: 'wait=10' })
  .describe('`wait=N` waits for the outcome for up to N seconds, at most 30.');

/** Returns the wait in the `Prefer` header of a request, in ms; 0 if it has none. */
export function readPreferredWait(c: Context): number {
  return preferredWaitMs(c.req.header('prefer'));
}

/** Returns N of `wait=N` (RFC 7240) in ms, at most 30 s; 0 for any other preference. */
export function preferredWaitMs(prefer: string | undefined): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), WAIT_SECONDS_MAX) * 1_000;
}
