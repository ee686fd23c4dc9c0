/** `npm run alerts`: checks and tests the alert rules in `deploy/prometheus`. */
import { join } from 'node:path';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { projectRoot, readEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { firstThatWorks } from '../shared/services/binaries/first-that-works.ts';
import { goProgram } from '../shared/services/binaries/go-program.ts';
import { onPath } from '../shared/services/binaries/on-path.ts';
import { printedVersion, runCommand } from '../shared/services/binaries/run-command.ts';

printHelpIfAsked(`
npm run alerts: checks deploy/prometheus/alerts.yml with promtool and runs its unit tests. promtool is
taken from the PATH, or built once from its Go module into CACHE_DIR, which takes minutes. Exits with 1
if anything has failed.`);
readArguments(0);

const VERSION = '0.316.0';
const FOLDER = join(projectRoot, 'deploy', 'prometheus');
const TIMEOUT_MS = 60_000;

try {
  const { cacheDir } = readEnv();
  const cached = { cacheDir, entry: `promtool-${VERSION}`, program: 'promtool' };
  const module = {
    path: 'github.com/prometheus/prometheus/cmd/promtool',
    version: `v${VERSION}`,
  };
  const promtool = await firstThatWorks({
    program: 'promtool',
    sources: [onPath(['promtool']), goProgram(module, cached)],
    // A build from the module prints no version.
    readVersion: (path) => printedVersion(path).catch(() => VERSION),
    advice: [
      'install promtool so that it is on the PATH',
      'install Go; promtool is then built once',
    ],
    log: console.log,
  });
  const run = (args: string[]) =>
    runCommand(promtool.path, args, { cwd: FOLDER, timeoutMs: TIMEOUT_MS });
  console.log(await run(['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yml']));
  console.log(await run(['test', 'rules', 'alerts.test.yml']));
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
