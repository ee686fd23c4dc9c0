import { writeSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;
/** A pipe whose reader is behind is waited for this long in all, then the line is lost. */
const BUSY_TRIES_MAX = 50;
const BUSY_PAUSE_MS = 10;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Standard output and standard error, for lines that may be lost but must end nothing. */
export interface Output {
  out(text: string): void;
  error(text: string): void;
}

/** Writes a line; where the disk is full or the reader gone, the line is lost, and nothing else. */
export const output: Output = {
  out: (text) => writeOrLose(STDOUT, `${text}\n`),
  error: (text) => writeOrLose(STDERR, `${text}\n`),
};

/** A destination for a logger, on standard error. It writes at once and keeps nothing back. */
export const logDestination = { write: (line: string) => writeOrLose(STDERR, line) };

/**
 * Lets this process outlive what other code prints in vain. Without it a warning of a library ends
 * the process when standard error is a file on a full disk, or a pipe that nobody reads any more.
 */
export function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function writeOrLose(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  for (let tries = 0; rest.length > 0 && tries < BUSY_TRIES_MAX; ) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!isBusy(error)) return;
      tries += 1;
      Atomics.wait(sleeper, 0, 0, BUSY_PAUSE_MS);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
