import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { AdminCommand } from './command.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
import { addOperator, listOperators, removeOperator, setOperatorPassword } from './operators.ts';
import { rebuildSearchCommand } from './search.ts';
import { newSecrets, rotateKeys } from './secrets.ts';
import { createShopCommand, endSessions, resetPassword } from './shops.ts';

/** All commands for operators by name. */
export const ADMIN_COMMANDS: Readonly<Record<string, AdminCommand>> = {
  'new-secrets': newSecrets,
  'rotate-signing-keys': rotateKeys,
  'create-shop': createShopCommand,
  'reset-password': resetPassword,
  'create-key': createKey,
  'list-keys': listKeys,
  'revoke-key': revokeKey,
  'end-sessions': endSessions,
  'operators add': addOperator,
  'operators list': listOperators,
  'operators password': setOperatorPassword,
  'operators remove': removeOperator,
  'rebuild-search': rebuildSearchCommand,
};

/**
 * Runs the command that the arguments name and returns what to print.
 * @throws Error with a message for people
 */
export async function runAdmin(args: readonly string[], stdin: Readable): Promise<string> {
  const match = findCommand(args);
  if (match === undefined) {
    throw new Error(`There is no command ${args[0] || 'given'}: npm run admin -- --help`);
  }
  const { command, rest } = match;
  const { argument, options } = command;
  const { values, positionals } = parseArgs({
    args: [...rest],
    options,
    strict: true,
    allowPositionals: argument !== undefined,
  });
  if (positionals.length > 1)
    throw new Error(`Only one ${argument} is possible: npm run admin -- --help`);
  const positional = argument === undefined ? {} : { [argument]: positionals[0] };
  const result = await command.run({ ...values, ...positional }, stdin);
  return typeof result === 'string' ? result : JSON.stringify(result, null, 2);
}

/** Finds the command that the first one or two words name. */
function findCommand(args: readonly string[]) {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = Object.hasOwn(ADMIN_COMMANDS, name) ? ADMIN_COMMANDS[name] : undefined;
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}
