/** `npm test`: runs every test on real servers. Last line: `N passed, N failed, N skipped`. */
import { parseCLI, type Reporter, startVitest } from 'vitest/node';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { projectRoot, readEnv, setEnv } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';
import { createTally, tallyLines } from './test/tally.ts';

printHelpIfAsked(`
npm test: runs every test. It starts a MongoDB and a Redis for the run and stops them afterwards, or
uses the servers at TEST_MONGODB_URL and TEST_REDIS_URL.
npm test -- shared/domain -t allocation: runs the tests under a path, or with a word in the title.`);

const { tally, reporter } = createTally();

const interruption: Reporter = {
  onInit: (vitest) => {
    const interrupt = async () => {
      process.exitCode = 1;
      await vitest.cancelCurrentRun('keyboard-input');
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      // Vitest's own listener exits at once and would leave the servers running.
      process.removeAllListeners(signal);
      process.once(signal, () => void interrupt());
    }
  },
};

try {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  // A whole run starts hundreds of processes, so it starts bundles of them. A run of some tests
  // starts the sources, whose stack traces are readable.
  if (filter.length === 0) setEnv({ TEST_BUNDLES: readEnv().testBundles ?? 'on' });
  const run = {
    ...options,
    root: projectRoot,
    watch: false,
    reporters: ['default', reporter, interruption],
  };
  const vitest = await startVitest(filter, run);
  await vitest.close();
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
// Vitest also reports failures outside tests, such as servers that did not start.
if (process.exitCode && tally.failed === 0) tally.failed = 1;
for (const line of tallyLines(tally)) console.log(line);
process.exit(tally.failed > 0 || tally.passed === 0 ? 1 : 0);
