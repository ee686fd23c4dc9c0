/** `npm run check`: all static checks of the sources. */
import { execa } from 'execa';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { projectRoot } from '../shared/runtime/env.ts';

/** A check by name, with its command. */
type Check = readonly [name: string, command: string, ...args: string[]];

const FOLDERS = ['api', 'worker', 'shared', 'loadtest', 'tests', 'commands', 'client', 'examples'];
const OPENAPI = '.cache/openapi.json';

/** The groups run at the same time, and the checks of a group one after the other. */
const GROUPS: readonly (readonly Check[])[] = [
  // This check takes as long as all other checks together.
  [['types', 'tsc', '-p', '.']],
  [
    ['format and lint', 'biome', 'ci', '--error-on-warnings', '.'],
    ['import rules', 'depcruise', '--config', '.dependency-cruiser.cjs', ...FOLDERS],
    ['dead code', 'knip'],
    ['OpenAPI document', 'node', 'commands/openapi.ts', OPENAPI],
    ['OpenAPI lint', 'redocly', 'lint', OPENAPI],
  ],
];
const NAMES = GROUPS.flat().map(([name]) => name);

printHelpIfAsked(`
npm run check: ${NAMES.join(', ')}. Runs all of them. The exit code is 1 if any fails.`);
readArguments(0);

/** Runs a check, prints its output when it has ended, and returns whether it passed. */
async function run([name, command, ...args]: Check): Promise<boolean> {
  const result = await execa(command, args, {
    ...{ cwd: projectRoot, stdin: 'ignore', all: true, reject: false },
  });
  const output = result.exitCode === undefined ? result.message : result.all;
  console.log([`── ${name}`, output].filter(Boolean).join('\n'));
  return !result.failed;
}

const failed: string[] = [];
await Promise.all(
  GROUPS.map(async (group) => {
    for (const check of group) if (!(await run(check))) failed.push(check[0]);
  }),
);

for (const name of failed) console.log(`failed: ${name}`);
console.log(failed.length === 0 ? 'All checks passed.' : `${failed.length} failed.`);
process.exit(failed.length === 0 ? 0 : 1);
