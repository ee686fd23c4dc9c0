/** `npm run promises`: runs the tests of the system's promises with their full numbers. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { configOrExit, printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { childEnv, projectRoot } from '../shared/runtime/env.ts';
import { parseTopology } from '../shared/runtime/topology.ts';
import { CLUSTER_SETTINGS, CLUSTER_TESTS } from './promises/cluster-tests.ts';
import { promiseTests } from './promises/promise-tests.ts';

printHelpIfAsked(`
npm run promises: tests every promise with its full number of runs. Takes about half an hour.
npm run promises -- tests/promises/05: runs the tests under a path. TEST_SEED=… repeats a random case.
npm run promises -- --topology cluster: runs the tests of stock, orders, discounts, faults and webhooks
on three Redis masters in cluster mode and three members of MongoDB, which it starts, and with four
partitions.`);

const { topology, positionals } = configOrExit(parseTopology);
const isCluster = topology === 'cluster';
const everyTest = isCluster ? CLUSTER_TESTS : await promiseTests(projectRoot);
const filters = positionals.length > 0 ? positionals : everyTest;
const { status } = spawnSync(
  process.execPath,
  [join(projectRoot, 'commands/test.ts'), ...filters],
  {
    cwd: projectRoot,
    stdio: 'inherit',
    env: childEnv({ PROMISES: 'full', ...(isCluster && CLUSTER_SETTINGS) }),
  },
);
process.exit(status ?? 1);
