import type { AdminCommand } from './command.ts';
import { createKey } from './create-key.ts';
import { createShopCommand } from './create-shop.ts';
import { endSessions } from './end-sessions.ts';
import { listKeys } from './list-keys.ts';
import { resetPassword } from './reset-password.ts';
import { revokeKey } from './revoke-key.ts';
import { newSecrets, rotateKeys } from './secrets.ts';

/** Everything that operators can have done, by name. */
export const ADMIN_COMMANDS: Readonly<Record<string, AdminCommand>> = {
  'new-secrets': newSecrets,
  'rotate-signing-keys': rotateKeys,
  'create-shop': createShopCommand,
  'reset-password': resetPassword,
  'create-key': createKey,
  'list-keys': listKeys,
  'revoke-key': revokeKey,
  'end-sessions': endSessions,
};
