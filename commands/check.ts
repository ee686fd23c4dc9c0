/** `npm run check`: all static checks of the sources. */
import { spawnSync } from 'node:child_process';
import { printHelpIfAsked } from '../shared/runtime/command-line.ts';
import { projectRoot } from '../shared/runtime/env.ts';

const FOLDERS = ['api', 'worker', 'shared', 'loadtest', 'tests', 'commands', 'client', 'examples'];
const OPENAPI = '.cache/openapi.json';

/** The checks by name, with their commands. */
const CHECKS: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'biome', 'ci', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['import rules', 'depcruise', '--config', '.dependency-cruiser.cjs', ...FOLDERS],
  ['dead code', 'knip'],
  ['OpenAPI document', 'node', 'commands/openapi.ts', OPENAPI],
  ['OpenAPI lint', 'redocly', 'lint', OPENAPI],
];

printHelpIfAsked(`
npm run check: ${CHECKS.map(([name]) => name).join(', ')}. Runs all of them. The exit code is 1 if any fails.`);

const failed = CHECKS.filter(([name, command, ...args]) => {
  console.log(`── ${name}`);
  const { status } = spawnSync(command, args, { cwd: projectRoot, stdio: 'inherit' });
  return status !== 0;
});

for (const [name] of failed) console.log(`failed: ${name}`);
console.log(failed.length === 0 ? 'All checks passed.' : `${failed.length} failed.`);
process.exit(failed.length === 0 ? 0 : 1);
