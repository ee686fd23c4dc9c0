/** `npm run traces`: proves that traces arrive in a real OpenTelemetry Collector. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { childEnv, projectRoot, readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { findCollector } from '../shared/services/collector.ts';

printHelpIfAsked(`
npm run traces: builds the OpenTelemetry Collector once from its Go modules into CACHE_DIR, which takes
minutes, and runs the tests in tests/traces: a checkout's spans go from the API and a worker to the
collector, and from there to a receiver that checks the trace. Exits with 1 if anything has failed.`);
readArguments(0);

try {
  const { version } = await findCollector(readEnv().cacheDir, console.log);
  console.log(`collector ${version}`);
  const command = join(projectRoot, 'commands', 'test.ts');
  const { status } = spawnSync(process.execPath, [command, 'tests/traces'], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: childEnv(),
  });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
