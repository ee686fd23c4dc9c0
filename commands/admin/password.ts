import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { newPassword } from '../../api/access/accounts/account-schema.ts';
import { PasswordHasher } from '../../api/access/passwords/password-hash.ts';
import { isWeakPassword } from '../../api/access/passwords/weak-password.ts';
import type { CommandValues } from './command.ts';

const PASSWORD_BYTES = 18;

/**
 * Returns the hash of a password: with --password-stdin the first line of standard input, otherwise
 * a generated password, which `toShow` contains.
 * @param known data of the account, which the password must not consist of
 * @throws Error if the given password is too short, too long or too easy to guess
 */
export async function choosePassword(
  values: CommandValues,
  stdin: Readable,
  known: readonly string[],
) {
  const isGiven = values['password-stdin'] === true;
  const line = isGiven ? ((await text(stdin)).split(/\r?\n/)[0] ?? '') : undefined;
  const password = line ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const checked = newPassword.safeParse(password);
  if (!checked.success) throw new Error('The password is too short or too long.');
  if (isWeakPassword(password, known)) throw new Error('The password is too easy to guess.');
  const passwordHash = await new PasswordHasher().hash(password, 'change');
  return { passwordHash, toShow: isGiven ? {} : { password } };
}
