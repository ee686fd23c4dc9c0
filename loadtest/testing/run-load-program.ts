import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { childEnv } from '../../shared/runtime/env.ts';

interface LoadProgram {
  readonly main: URL;
  readonly args: readonly string[];
  readonly dataDir: string;
}

/** Runs a load program in a process of its own to its end. Stops it when the test ends before. */
export async function runLoadProgram({ main, args, dataDir }: LoadProgram) {
  const child = spawn(process.execPath, [fileURLToPath(main), ...args], {
    env: childEnv({ DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { out, err, code };
}
