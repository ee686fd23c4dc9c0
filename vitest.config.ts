import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.data/**', '.cache/**'],
    globalSetup: ['shared/testing/global-setup.ts'],
    setupFiles: ['shared/testing/property-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Conditions are waited for, however slow the machine: the defaults of a second are not enough.
    expect: { poll: { timeout: 30_000 } },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
});
