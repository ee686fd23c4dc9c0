import { hash, timingSafeEqual } from 'node:crypto';

const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

/** The operators' name and password. */
export interface OperatorLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Judges an `Authorization` header of HTTP Basic (RFC 7617).
 * @returns undefined when it holds no name and password
 */
export function isOperator(
  authorization: string | undefined,
  { username, password }: OperatorLogin,
): boolean | undefined {
  const encoded = BASIC.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  // `name:password` as it was sent; a name holds no colon, so the two cannot be told apart wrongly.
  const given = Buffer.from(encoded, 'base64').toString('utf8');
  return isSame(given, `${username}:${password}`);
}

/** Hashes have one length, and where two of them differ says nothing about the password. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', expected, 'buffer'));
}
