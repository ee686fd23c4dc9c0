import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from './identity.ts';

const LOOK_EVERY_MS = 50;
const KILL_WAIT_MS = 5_000;

/**
 * Ends a process: SIGTERM, and SIGKILL when it still runs after `deadlineMs`. Signals only that
 * very process, never another with its number. Throws when even SIGKILL has not ended it in 5 s.
 */
export async function endProcess(identity: ProcessIdentity, deadlineMs: number): Promise<void> {
  signal(identity, 'SIGTERM');
  if (await endsWithin(identity, deadlineMs)) return;
  signal(identity, 'SIGKILL');
  if (await endsWithin(identity, KILL_WAIT_MS)) return;
  throw new Error(`process ${identity.pid} does not end, not even by SIGKILL`);
}

async function endsWithin(identity: ProcessIdentity, deadlineMs: number): Promise<boolean> {
  const giveUpAt = Date.now() + deadlineMs;
  while (isRunning(identity)) {
    if (Date.now() >= giveUpAt) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    // It may end between the look and the signal.
    if (isRunning(identity)) throw error;
  }
}
