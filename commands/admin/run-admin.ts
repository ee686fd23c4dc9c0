import type { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import type { AdminCommand } from './command.ts';
import { createKey, listKeys, revokeKey } from './keys.ts';
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
  'rebuild-search': rebuildSearchCommand,
};

/**
 * Runs the command that the arguments name and returns what to print.
 * @throws Error with a message for people
 */
export async function runAdmin(args: readonly string[], stdin: Readable): Promise<string> {
  const [name = '', ...rest] = args;
  const command = Object.hasOwn(ADMIN_COMMANDS, name) ? ADMIN_COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new Error(`There is no command ${name || 'given'}: npm run admin -- --help`);
  }
  const { values } = parseArgs({ args: rest, options: command.options, strict: true });
  const answer = await command.run(values, stdin);
  return typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2);
}
