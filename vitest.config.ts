import { join } from 'node:path';
import { defineConfig, type UserProjectConfigExport } from 'vitest/config';
import { readEnv, setEnv } from './shared/runtime/env.ts';
import { LongestFirst } from './shared/testing/longest-first.ts';
import { promiseRuns } from './shared/testing/promises.ts';

type ProjectConfig = Extract<UserProjectConfigExport, { test?: unknown }>;

/**
 * Test files that replace a module; other files of the same worker must not see the replacement.
 */
const WITH_MOCKED_MODULES = [
  'loadtest/k6/script/sign.test.ts',
  'worker/settle-checkouts/processor.int.test.ts',
];

// Test workers, and the processes that tests start, inherit the environment and load compiled
// modules, which halves the CPU time of their start.
setEnv({ NODE_COMPILE_CACHE: join(readEnv().cacheDir, 'node-compile-cache') });

const common = {
  setupFiles: ['shared/testing/kill-left-children.ts', 'shared/testing/property-seed.ts'],
  pool: 'forks',
  // Tests wait for conditions on machines of any speed: the default of a second is not enough.
  expect: { poll: { timeout: 30_000 } },
  testTimeout: promiseRuns(3_600_000, 120_000),
  hookTimeout: 120_000,
} satisfies ProjectConfig['test'];

export default defineConfig({
  test: {
    // Once for all projects: the servers of the run.
    globalSetup: ['shared/testing/global-setup.ts'],
    // Four workers keep two cores busy: the longest files wait for servers that fail or for
    // timeouts. On two cores a run took 771 s with three workers and 654 s with four.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          ...common,
          name: 'shared modules',
          include: ['**/*.test.ts'],
          exclude: ['**/node_modules/**', '.data/**', '.cache/**', ...WITH_MOCKED_MODULES],
          // A worker loads each module once, and its files share a migrated database.
          isolate: false,
          // Node loads the modules, as it does in production: faster, and with a compile cache.
          experimental: { viteModuleRunner: false, nodeLoader: false },
        },
      },
      { test: { ...common, name: 'own modules', include: WITH_MOCKED_MODULES } },
    ],
  },
});
