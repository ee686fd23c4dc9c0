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

/** Runs a load program in its own process until it exits. Stops it if the test ends earlier. */
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
