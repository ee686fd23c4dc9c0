import { hash, timingSafeEqual } from 'node:crypto';

const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

export interface OperatorLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Checks an `Authorization` header of HTTP Basic (RFC 7617).
 * @returns undefined when it contains no name and password
 */
export function isOperator(
  authorization: string | undefined,
  { username, password }: OperatorLogin,
): boolean | undefined {
  const encoded = BASIC.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  // A name contains no colon, so comparing `name:password` as a whole is unambiguous.
  const sent = Buffer.from(encoded, 'base64').toString('utf8');
  return isSame(sent, `${username}:${password}`);
}

/** Compares hashes: they have one length, and their first difference reveals nothing. */
function isSame(sent: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', sent, 'buffer'), hash('sha256', expected, 'buffer'));
}
