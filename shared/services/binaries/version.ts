import { runCommand } from './run-command.ts';

const TIMEOUT_MS = 20_000;

/** Runs `<path> --version` and returns the first thing in it that looks like a version. */
export async function printedVersion(path: string): Promise<string> {
  const printed = await runCommand(path, ['--version'], { timeoutMs: TIMEOUT_MS });
  const version = /\d+\.\d+\.\d+(\.\d+)?/.exec(printed)?.[0];
  if (version === undefined) throw new Error(`${path} --version printed no version`);
  return version;
}
