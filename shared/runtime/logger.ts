import { pino } from 'pino';
import { logDestination } from './output.ts';
import { redact } from './redact.ts';

/**
 * Structured logging: one JSON object per line on standard error. Passwords in URLs are redacted.
 * Lines that cannot be written are lost.
 */
export type Logger = Pick<
  ReturnType<typeof pino>,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'
>;

const REDACTED = ['*.apiKey', '*.password', '*.secret', '*.authorization'];

/**
 * Creates a logger whose lines contain `name`.
 * @param level one of pino's levels, or `silent`
 * @param mixin returns members that are added to each line
 */
export function createLogger(name: string, level: string, mixin?: () => object): Logger {
  return pino(
    { name, level, redact: REDACTED, ...(mixin && { mixin }) },
    { write: (line: string) => logDestination.write(redact(line)) },
  );
}
