import { writeSync } from 'node:fs';

const STDOUT = 1;
const STDERR = 2;
/**
 * If a pipe's reader is behind, writing a line waits for at most 0.5 s in all. Then the rest of the
 * line is lost.
 */
const BUSY_TRIES_MAX = 50;
const BUSY_PAUSE_MS = 10;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Prints one line for people. */
export type Log = (line: string) => void;

/** Standard output and standard error, for lines that may be lost but must not end the process. */
export interface Output {
  out(text: string): void;
  error(text: string): void;
}

/** Writes lines. If the disk is full or the reader is gone, the line is lost. */
export const output: Output = {
  out: (text) => writeOrLose(STDOUT, `${text}\n`),
  error: (text) => writeOrLose(STDERR, `${text}\n`),
};

/** A logger's destination on standard error. It writes synchronously, without a buffer. */
export const logDestination = { write: (line: string) => writeOrLose(STDERR, line) };

/**
 * Ignores failed writes of other code. Otherwise a library's warning ends the process if standard
 * error is a file on a full disk, or a pipe without a reader.
 */
export function ignoreOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function writeOrLose(descriptor: number, text: string): void {
  let remaining = Buffer.from(text);
  for (let tries = 0; remaining.length > 0 && tries < BUSY_TRIES_MAX; ) {
    try {
      remaining = remaining.subarray(writeSync(descriptor, remaining));
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
