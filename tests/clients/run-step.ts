import { execa } from 'execa';

const STEP_TIMEOUT_MS = 600_000;
const OUTPUT_SHOWN_MAX = 3_000;

/** A command that generates or runs a client. */
export interface Step {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a step and returns its output.
 * @throws Error with the end of the output if the step fails
 */
export async function runStep({ command, args, cwd, env = {} }: Step): Promise<string> {
  const options = { cwd, env, timeout: STEP_TIMEOUT_MS, reject: false } as const;
  const { failed, shortMessage, stdout, stderr } = await execa(command, args, options);
  const output = `${stdout}\n${stderr}`.trim();
  if (!failed) return output;
  const shown = output.slice(-OUTPUT_SHOWN_MAX) || shortMessage;
  throw new Error(`${command} ${args.join(' ')} failed:\n${shown}`);
}
