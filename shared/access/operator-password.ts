import { hash, timingSafeEqual } from 'node:crypto';

const BASIC = /^Basic +([A-Za-z0-9+/_-]+=*) *$/i;

export interface OperatorLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads the name and password from an `Authorization` header of HTTP Basic (RFC 7617).
 * @returns undefined when the header is missing or malformed
 */
export function readLogin(authorization: string | undefined): OperatorLogin | undefined {
  const encoded = BASIC.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [username = '', ...passwordParts] = Buffer.from(encoded, 'base64')
    .toString('utf8')
    .split(':');
  return { username, password: passwordParts.join(':') };
}

/** Returns whether two logins have the same name and password. */
export function isSameLogin(sent: OperatorLogin, expected: OperatorLogin): boolean {
  // A name contains no colon, so comparing `name:password` as a whole is unambiguous.
  return isSame(toText(sent), toText(expected));
}

function toText({ username, password }: OperatorLogin): string {
  return `${username}:${password}`;
}

/** Compares hashes, which have equal lengths, so that the time reveals nothing about `expected`. */
function isSame(sent: string, expected: string): boolean {
  return timingSafeEqual(hash('sha256', sent, 'buffer'), hash('sha256', expected, 'buffer'));
}
