/**
 * Makes Node run the bundle of a file instead of the file: `node --import=…/run-bundled.mjs
 * api/main.ts`. Plain JavaScript, because other versions of Node load it too; those without hooks
 * run the sources.
 */
import { readFileSync } from 'node:fs';
import module from 'node:module';

const { TEST_BUNDLED } = process.env;
/** A worker of vitest loads sources, so that there is one copy of each module that tests import. */
const isTestWorker = /[\\/]vitest[\\/]dist[\\/]/.test(process.argv[1] ?? '');
const bundled = new Map(
  TEST_BUNDLED && !isTestWorker
    ? Object.entries(JSON.parse(readFileSync(TEST_BUNDLED, 'utf8')))
    : [],
);

module.registerHooks?.({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    const url = bundled.get(resolved.url);
    return url === undefined ? resolved : { url, format: 'module', shortCircuit: true };
  },
});
