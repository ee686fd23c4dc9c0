import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { childEnv } from '../../shared/runtime/env.ts';

interface LoadProgram {
  readonly main: URL;
  readonly args: readonly string[];
  readonly dataDir: string;
}

/** Runs a load program in its own process until it exits. Stops it if the test ends earlier. */
export async function runLoadProgram({ main, args, dataDir }: LoadProgram) {
  const running = execa(process.execPath, [fileURLToPath(main), ...args], {
    env: childEnv({ DATA_DIR: dataDir }),
    ...{ extendEnv: false, stdin: 'ignore', stripFinalNewline: false, reject: false },
    // A program that is stopped first stops its servers, which takes longer than execa waits.
    ...{ forceKillAfterDelay: false, cleanup: false },
  });
  onTestFinished(() => void running.kill('SIGTERM'));
  const { stdout, stderr, exitCode } = await running;
  return { out: stdout, err: stderr, code: exitCode };
}
