/** `npm run promises`: runs the tests of the system's promises with their full numbers. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { childEnv, projectRoot } from '../shared/runtime/env.ts';
import { promiseTests } from './promises/promise-tests.ts';

printHelpIfAsked(`
npm run promises: tries every promise as often as PROMISES asks. Takes about half an hour.
npm run promises -- tests/promises/05: those under a path. TEST_SEED=… repeats a random case.`);

const filters = process.argv.length > 2 ? process.argv.slice(2) : await promiseTests(projectRoot);
const { status } = spawnSync(
  process.execPath,
  [join(projectRoot, 'commands/test.ts'), ...filters],
  { cwd: projectRoot, stdio: 'inherit', env: childEnv({ PROMISES: 'full' }) },
);
process.exit(status ?? 1);
