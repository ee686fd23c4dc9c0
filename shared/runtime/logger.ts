import { pino } from 'pino';
import { logDestination } from './output.ts';
import { redact } from './redact.ts';

/**
 * Structured logging: one JSON object per line on standard error, without passwords of URLs. Lines
 * that cannot be written are lost.
 */
export type Logger = Pick<
  ReturnType<typeof pino>,
  'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'
>;

/** @param level one of pino's levels, or `silent` */
export function createLogger(name: string, level: string): Logger {
  return pino(
    { name, level, redact: ['*.apiKey', '*.password', '*.secret', '*.authorization'] },
    { write: (line: string) => logDestination.write(redact(line)) },
  );
}
