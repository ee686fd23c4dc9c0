import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { childEnv } from '../../shared/runtime/env.ts';

const execute = promisify(execFile);
const STEP_TIMEOUT_MS = 600_000;
const OUTPUT_BYTES_MAX = 64 * 1_048_576;
const OUTPUT_SHOWN = 3_000;

/** A command that is part of making or running a client. */
export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a step and returns what it printed.
 * @throws Error with the end of what it printed, if it fails
 */
export async function runStep({ command, args, cwd, env = {} }: Step): Promise<string> {
  const options = {
    cwd,
    env: childEnv(env),
    timeout: STEP_TIMEOUT_MS,
    maxBuffer: OUTPUT_BYTES_MAX,
  };
  try {
    const { stdout, stderr } = await execute(command, [...args], options);
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const printed = `${stdout}${stderr}`.trim().slice(-OUTPUT_SHOWN);
    throw new Error(`${command} ${args.join(' ')} has failed:\n${printed || String(error)}`);
  }
}
