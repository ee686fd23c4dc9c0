import { execFile } from 'node:child_process';
import { childEnv } from '../../runtime/env.ts';

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const SHOWN_LINES_MAX = 4;
const VERSION_TIMEOUT_MS = 20_000;

type Options = {
  timeoutMs: number;
  cwd?: string;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** Text for the command's standard input. */
  input?: string;
};

/**
 * Runs a command and returns its standard output.
 * @throws Error with the last lines of standard error if it fails
 */
export function runCommand(command: string, args: string[], options: Options): Promise<string> {
  const { env, timeoutMs, input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const settings = {
      ...rest,
      env: childEnv(env),
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: OUTPUT_BYTES_MAX,
    };
    const child = execFile(command, args, settings, (error, stdout, stderr) => {
      process.off('exit', killChild);
      if (!error) resolve(stdout);
      else reject(new Error(`${command} ${why(error, timeoutMs, options.signal)}${tail(stderr)}`));
    });
    const killChild = () => child.kill('SIGKILL');
    process.once('exit', killChild);
    child.stdin?.end(input);
  });
}

/** Runs `<path> --version` and returns the first version number that it prints. */
export async function printedVersion(path: string): Promise<string> {
  const printed = await runCommand(path, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS });
  const version = /\d+\.\d+\.\d+(\.\d+)?/.exec(printed)?.[0];
  if (version === undefined) throw new Error(`${path} --version printed no version`);
  return version;
}

function why(
  error: Error & { code?: unknown; killed?: boolean },
  timeoutMs: number,
  signal: AbortSignal | undefined,
): string {
  if (signal?.aborted) return `was stopped: ${String(signal.reason)}`;
  if (error.killed) return `did not end within ${timeoutMs} ms`;
  if (error.code === 'ENOENT') return 'was not found';
  return `failed (${String(error.code)})`;
}

function tail(stderr: string): string {
  const lines = stderr.trim().split('\n').filter(Boolean).slice(-SHOWN_LINES_MAX);
  return lines.length > 0 ? `: ${lines.join(' | ')}` : '';
}
