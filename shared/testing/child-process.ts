import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { findProcess, type ProcessIdentity } from '../services/processes/identity.ts';

/** Starts a process that idles until it is ended, with `words` in its command line. */
export async function idleProcess(...words: string[]): Promise<{
  child: ChildProcess;
  identity: ProcessIdentity;
}> {
  const script = 'process.stdout.write("."); setInterval(() => undefined, 1000);';
  const child = spawn(process.execPath, ['-e', script, '--', ...words], { stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const identity = findProcess(child.pid ?? 0);
  if (!identity) throw new Error('the idle process has ended');
  return { child, identity };
}

/** Kills a child process and waits until it has ended. */
export async function killNow(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
