import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { ADMIN_COMMANDS } from './commands.ts';

/**
 * Runs the command that the arguments name; answers what to print.
 * @throws Error in words for people
 */
export async function runAdmin(args: readonly string[], stdin: Readable): Promise<string> {
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(ADMIN_COMMANDS, name) ? ADMIN_COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new Error(`There is no command ${name || 'given'}: npm run admin -- --help`);
  }
  const { values } = parseArgs({ args: rest, options: command.options, strict: true });
  return command.run(values, stdin);
}
