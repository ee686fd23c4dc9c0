/** `npm run check`: all static checks of the sources. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { printHelpIfAsked, readArguments } from '../shared/runtime/command-line.ts';
import { projectRoot } from '../shared/runtime/env.ts';
import { errorMessage } from '../shared/runtime/error-message.ts';

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
  const child = spawn(command, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => output.push(bytes));
  }
  const code = await once(child, 'close').then(
    ([exitCode]: unknown[]) => exitCode,
    (error: unknown) => {
      output.push(Buffer.from(`${errorMessage(error)}\n`));
      return undefined;
    },
  );
  process.stdout.write(Buffer.concat([Buffer.from(`── ${name}\n`), ...output]));
  return code === 0;
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
