import { execa } from 'execa';

const OUTPUT_CHARS_MAX = 16 * 1024 * 1024;
const SHOWN_LINES_MAX = 4;
const VERSION_TIMEOUT_MS = 20_000;

interface Options {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Text for the command's standard input. */
  readonly input?: string;
}

/**
 * Runs a command and returns its standard output. The command is killed if this process ends.
 * @throws Error with the last lines of standard error if it fails
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { timeoutMs, signal, input = '', ...options }: Options,
): Promise<string> {
  const result = await execa(command, args, {
    ...options,
    ...(signal && { cancelSignal: signal }),
    input,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_CHARS_MAX,
    reject: false,
  });
  if (!result.failed) return result.stdout;
  const { code, exitCode, isCanceled, stderr = '', timedOut } = result;
  const lines = stderr.split('\n').filter(Boolean).slice(-SHOWN_LINES_MAX);
  const errorLines = lines.length > 0 ? `: ${lines.join(' | ')}` : '';
  if (isCanceled) throw new Error(`${command} was stopped: ${String(signal?.reason)}${errorLines}`);
  if (timedOut) throw new Error(`${command} did not end within ${timeoutMs} ms${errorLines}`);
  if (code === 'ENOENT') throw new Error(`${command} was not found`);
  throw new Error(`${command} failed (${String(exitCode ?? code)})${errorLines}`);
}

/** Runs `<path> --version` and returns the first version number that it prints. */
export async function printedVersion(path: string): Promise<string> {
  const printed = await runCommand(path, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  const version = /\d+\.\d+\.\d+(\.\d+)?/.exec(printed)?.[0];
  if (version === undefined) throw new Error(`${path} --version printed no version`);
  return version;
}
