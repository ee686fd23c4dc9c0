/** `npm start`: runs the whole system in the foreground. Needs only Node and npm. */
import { once } from 'node:events';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { ignoreOutputErrors, output } from '../shared/runtime/output.ts';
import { bringUp } from './start/bring-up.ts';
import { takeData } from './start/conflicts.ts';
import { openDemoFile } from './start/demo-file.ts';
import { onStopSignals } from './start/stop-signals.ts';
import { createSystem } from './start/system.ts';

ignoreOutputErrors();
printHelpIfAsked(`
npm start: runs MongoDB, Redis, the API and the workers in the foreground.
Ctrl-C stops everything; the data stays in DATA_DIR. Configure it by environment variables:
HOST, PORT, DATA_DIR, WORKERS, MONGODB_URL, REDIS_URL and more; see .env.example.`);
readArguments(0);

const log = output.error;

async function main(): Promise<number> {
  const env = readEnv();
  const lock = await takeData(env);
  const stopping = new AbortController();
  const failures: string[] = [];
  const demoFile = openDemoFile(env.dataDir, log);
  const system = createSystem(env, {
    onRestart: demoFile.rewrite,
    onGiveUp: (why) => {
      failures.push(why);
      stopping.abort();
    },
    log,
  });
  onStopSignals({ onStop: () => stopping.abort(), onForce: () => void system.stop(0), log });
  const stopped = once(stopping.signal, 'abort');
  try {
    const ready = await Promise.race([bringUp({ env, system, demoFile, log }), stopped]);
    if (typeof ready === 'string') output.out(ready);
    await stopped;
  } catch (error) {
    failures.push(errorMessage(error));
  }
  for (const failure of failures) log(failure);
  await demoFile.retire();
  await system.stop();
  await lock.release();
  return failures.length > 0 ? 1 : 0;
}

try {
  process.exit(await main());
} catch (error) {
  log(errorMessage(error));
  process.exit(1);
}
